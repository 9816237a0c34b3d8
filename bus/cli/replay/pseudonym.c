/* pseudonym.c - HMAC streams turned into digits, names, days and places.
 * Lists are short on purpose: a pseudonym need not be unique, only plausible; identity numbers, which must not collide, use digits.
 * See pseudonym.h. */
#include "pseudonym.h"

#include "sha256.h"
#include "text.h"
#include "time_text.h"

#include <string.h>

enum {
    CITIZEN_DIGITS = 12,
    OLD_CARD_DIGITS = 9,
    IMPOSSIBLE_AT = 3, /* the fourth digit of a citizen's number tells sex and century; 9 is none */
    PHONE_DIGITS_MIN = 8,
    YEARS_AWAY_MAX = 3,
    DAYS_AWAY_MAX = 365,
    DAYS_EVERY_MONTH_HAS = 28,
    COUNTRY_BYTES_MAX = 3,
    STREAM_LABEL_BYTES = 16,
};

static const char *const families[] = {"Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Phan", "Vũ",    "Đặng",
                                       "Bùi",    "Đỗ",   "Hồ", "Ngô",  "Dương", "Lý",   "Trịnh", "Mai"};
static const char *const middles[] = {"Văn", "Đức", "Hữu", "Minh", "Thị", "Ngọc", "Thu", "Xuân"};
static const char *const givens[] = {"An",  "Bình", "Cường", "Dũng", "Giang", "Hà",     "Hạnh", "Hùng",
                                     "Lan", "Long", "Mai",   "Nam",  "Oanh",  "Phương", "Sơn",  "Yến"};
static const char *const communes[] = {"phường Hạc Thành", "phường Sầm Sơn", "xã Hoằng Hóa", "xã Thọ Xuân",
                                       "xã Ngọc Lặc",      "xã Như Thanh",   "xã Mường Lát", "phường Bỉm Sơn"};
static const char *const provinces[] = {"001", "022", "031", "038",
                                        "040", "048", "066", "079"}; /* of citizen numbers */

/* ---- the stream of one value ---- */

struct stream {
    const struct pseudonym_key *key;
    const char *label;
    struct bytes value;
    struct sha256_digest block;
    uint32_t blocks;
    size_t at;
};

static void next_block(struct stream *stream)
{
    uint8_t prefix[STREAM_LABEL_BYTES + sizeof stream->blocks] = {0};
    struct sha256 inner; /* the key is mixed in by HMAC over a digest: values may be long */
    memcpy(prefix, stream->label, strlen(stream->label));
    store_le32(prefix + STREAM_LABEL_BYTES, stream->blocks++);
    sha256_begin(&inner);
    sha256_add(&inner, bytes_of(prefix, sizeof prefix));
    sha256_add(&inner, stream->value);
    struct sha256_digest digest = sha256_end(&inner);
    stream->block = hmac_sha256(bytes_of(stream->key->bytes, sizeof stream->key->bytes), sha256_view(&digest));
    stream->at = 0;
}

/* `label` is at most STREAM_LABEL_BYTES - 1 long. */
static struct stream stream_of(const struct pseudonym_key *key, const char *label, struct bytes value)
{
    struct stream stream = {.key = key, .label = label, .value = value};
    next_block(&stream);
    return stream;
}

static uint8_t next_byte(struct stream *stream)
{
    if (stream->at == SHA256_BYTES)
        next_block(stream);
    return stream->block.bytes[stream->at++];
}

static uint64_t next_word(struct stream *stream)
{
    uint8_t word[8];
    for (size_t i = 0; i < sizeof word; i++)
        word[i] = next_byte(stream);
    return load_le64(word);
}

static size_t next_below(struct stream *stream, size_t count)
{
    return (size_t)(next_word(stream) % count);
}
#define PICK(stream, table) (table)[next_below((stream), sizeof(table) / sizeof((table)[0]))]

/* ---- forms ---- */

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_letter(uint8_t byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static size_t count_digits(struct bytes value)
{
    size_t count = 0;
    for (size_t i = 0; i < value.size; i++)
        count += is_digit(value.data[i]);
    return count;
}

static bool is_ascii_word(struct bytes value)
{
    for (size_t i = 0; i < value.size; i++)
        if (value.data[i] <= ' ' || value.data[i] >= 0x7f)
            return false;
    return true;
}

/* Digits for digits, letters for letters of their case, the rest as it is. */
static void put_same_form(struct stream *stream, struct bytes value, struct buffer *out)
{
    for (size_t i = 0; i < value.size; i++) {
        uint8_t byte = value.data[i];
        if (is_digit(byte))
            byte = (uint8_t)('0' + next_below(stream, 10));
        else if (is_letter(byte))
            byte = (uint8_t)((byte & 0x20 ? 'a' : 'A') + next_below(stream, 26));
        buffer_append_byte(out, byte);
    }
}

/* ---- identity numbers ---- */

static void put_digits(uint8_t *made, const char *digits)
{
    for (size_t i = 0; digits[i] != '\0'; i++)
        made[i] = (uint8_t)digits[i];
}

static void make_impossible(struct stream *stream, uint8_t *made, size_t size, size_t digits)
{
    if (size == CITIZEN_DIGITS && digits == CITIZEN_DIGITS)
        put_digits(made, PICK(stream, provinces));
    if (size == OLD_CARD_DIGITS && digits == OLD_CARD_DIGITS)
        put_digits(made, "99");
    if (size > IMPOSSIBLE_AT && is_digit(made[IMPOSSIBLE_AT]))
        made[IMPOSSIBLE_AT] = '9';
}

int pseudonym_identity(const struct pseudonym_key *key, struct bytes value, struct buffer *out)
{
    struct stream stream = stream_of(key, "identity", value);
    size_t digits = count_digits(value), begin = out->size;
    do { /* never its own; of a form with few values this may take a few turns, of one without any it ends at once */
        if (out->size > begin)
            out->size = begin;
        put_same_form(&stream, value, out);
        if (buffer_failed(out))
            return TRUC_E_MEMORY;
        make_impossible(&stream, out->data + begin, value.size, digits);
    } while (value.size > IMPOSSIBLE_AT + 1 && digits > IMPOSSIBLE_AT + 1 &&
             memcmp(out->data + begin, value.data, value.size) == 0);
    return 0;
}

/* ---- texts ---- */

static bool has_lower_case(struct bytes value)
{
    BUFFER_CLEANUP struct buffer upper = {0};
    return text_to_upper(value, &upper) < 0 || !bytes_equal(buffer_view(&upper), value);
}

static int put_name(const struct pseudonym_key *key, struct bytes value, struct buffer *out)
{
    BUFFER_CLEANUP struct buffer folded = {0}, name = {0};
    int code = text_fold_vietnamese(value, &folded);
    if (code < 0)
        return code;
    struct stream stream = stream_of(key, "name", buffer_view(&folded));
    if (folded.size && memchr(folded.data, ' ', folded.size)) /* a part of a name becomes a part */
        buffer_printf(&name, "%s %s ", PICK(&stream, families), PICK(&stream, middles));
    buffer_append_string(&name, PICK(&stream, givens));
    if (buffer_failed(&name))
        return TRUC_E_MEMORY;
    if (!has_lower_case(value))
        return text_to_upper(buffer_view(&name), out);
    buffer_append_bytes(out, buffer_view(&name));
    return buffer_failed(out);
}

/* 01 has been no prefix since 2018. */
static void put_phone(struct stream *stream, struct bytes value, struct buffer *out)
{
    size_t begin = out->size, digit = 0;
    put_same_form(stream, value, out);
    if (buffer_failed(out))
        return;
    bool national = value.data[0] != '+';
    const char *prefix = national ? "01" : "841";
    for (size_t i = begin; i < out->size && prefix[digit]; i++)
        if (is_digit(out->data[i]))
            out->data[i] = (uint8_t)prefix[digit++];
}

static void put_contact(struct stream *stream, struct bytes value, struct buffer *out)
{
    if (memchr(value.data, '@', value.size))
        buffer_printf(out, "nguoi-%08x@example.com", (unsigned)(next_word(stream) & 0xffffffff));
    else if (count_digits(value) >= PHONE_DIGITS_MIN)
        put_phone(stream, value, out);
    else
        put_same_form(stream, value, out);
}

static unsigned other_year(struct stream *stream, unsigned year)
{
    unsigned away = 1 + (unsigned)next_below(stream, YEARS_AWAY_MAX);
    return next_below(stream, 2) || year < away ? year + away : year - away;
}

/* 0: a digit; anything else: none. */
static bool has_form(struct bytes value, const char *form)
{
    if (value.size != strlen(form))
        return false;
    for (size_t i = 0; i < value.size; i++)
        if (is_digit(value.data[i]) != (form[i] == '0'))
            return false;
    return true;
}

static unsigned year_at(struct bytes value, size_t at)
{
    unsigned year = 0;
    for (size_t i = 0; i < 4; i++)
        year = year * 10 + (unsigned)(value.data[at + i] - '0');
    return year;
}

/* yyyy, yyyymmdd, yyyy-mm-dd, dd/mm/yyyy: another year, month and day, in the same form. */
static void put_birth(struct stream *stream, struct bytes value, struct buffer *out)
{
    unsigned month = 1 + (unsigned)next_below(stream, 12), day = 1 + (unsigned)next_below(stream, DAYS_EVERY_MONTH_HAS);
    if (has_form(value, "0000"))
        buffer_printf(out, "%04u", other_year(stream, year_at(value, 0)));
    else if (has_form(value, "00000000"))
        buffer_printf(out, "%04u%02u%02u", other_year(stream, year_at(value, 0)), month, day);
    else if (has_form(value, "0000-00-00"))
        buffer_printf(out, "%04u%c%02u%c%02u", other_year(stream, year_at(value, 0)), value.data[4], month,
                      value.data[7], day);
    else if (has_form(value, "00/00/0000"))
        buffer_printf(out, "%02u%c%02u%c%04u", day, value.data[2], month, value.data[5],
                      other_year(stream, year_at(value, 6)));
    else
        put_same_form(stream, value, out);
}

static void put_address(struct stream *stream, struct bytes value, struct buffer *out)
{
    if (value.size <= COUNTRY_BYTES_MAX && count_digits(value) == 0)
        buffer_append_string(out, "VN");
    else if (is_ascii_word(value)) /* a code */
        put_same_form(stream, value, out);
    else
        buffer_printf(out, "Số %u, %s, tỉnh Thanh Hóa", 1 + (unsigned)next_below(stream, 200), PICK(stream, communes));
}

/* Only what files are known to end in: what follows the dot in "nguyen.an" is a name. */
static struct bytes ending_of(struct bytes value)
{
    static const char *const endings[] = {".pdf", ".doc",  ".docx", ".xls", ".xlsx", ".odt", ".txt", ".xml",
                                          ".jpg", ".jpeg", ".png",  ".tif", ".tiff", ".zip", ".p7m", ".p7s"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t size = strlen(endings[i]), same = 0;
        if (value.size <= size)
            continue;
        const uint8_t *last = value.data + value.size - size;
        while (same < size && (last[same] == (uint8_t)endings[i][same] || (last[same] ^ 0x20) == endings[i][same]))
            same++; /* in capitals, too */
        if (same == size && *last == '.')
            return bytes_of(last, size);
    }
    return BYTES_EMPTY;
}

static void put_other(struct stream *stream, struct bytes value, struct buffer *out)
{
    struct bytes ending = ending_of(value);
    unsigned number = (unsigned)(next_word(stream) & 0xffffffff);
    if (ending.size) {
        buffer_printf(out, "tep-%08x", number);
        buffer_append_bytes(out, ending);
    } else if (is_ascii_word(value)) {
        put_same_form(stream, value, out);
    } else {
        buffer_printf(out, "nội dung đã thay %08x", number);
    }
}

int pseudonym_text(const struct pseudonym_key *key, enum schema_personal personal, struct bytes value,
                   struct buffer *out)
{
    if (value.size == 0)
        return 0;
    if (personal == SCHEMA_PERSONAL_NAME)
        return put_name(key, value, out);
    struct stream stream = stream_of(key, schema_personal_text(personal), value);
    if (personal == SCHEMA_PERSONAL_CONTACT)
        put_contact(&stream, value, out);
    else if (personal == SCHEMA_PERSONAL_BIRTH)
        put_birth(&stream, value, out);
    else if (personal == SCHEMA_PERSONAL_ADDRESS)
        put_address(&stream, value, out);
    else
        put_other(&stream, value, out);
    return buffer_failed(out);
}

/* ---- numbers and bytes ---- */

static struct stream number_stream(const struct pseudonym_key *key, const char *label, const uint64_t *value)
{
    return stream_of(key, label, bytes_of((const uint8_t *)value, sizeof *value));
}

uint64_t pseudonym_number(const struct pseudonym_key *key, enum schema_personal personal, uint64_t value, uint64_t most)
{
    struct stream stream = number_stream(key, schema_personal_text(personal), &value);
    uint64_t least = 1;
    while (value / 10 >= least)
        least *= 10; /* its highest digit's place */
    uint64_t last = least > UINT64_MAX / 10 ? UINT64_MAX : least * 10 - 1;
    last = last < most ? last : most;
    return value == 0 || last < least ? value : least + next_word(&stream) % (last - least + 1);
}

uint64_t pseudonym_instant(const struct pseudonym_key *key, uint64_t time_ns)
{
    struct stream stream = number_stream(key, "instant", &time_ns);
    uint64_t away_ns = (1 + next_below(&stream, DAYS_AWAY_MAX)) * (86400 * TIME_NS_PER_S);
    return time_ns > away_ns ? time_ns - away_ns : time_ns + away_ns;
}

size_t pseudonym_choice(const struct pseudonym_key *key, enum schema_personal personal, uint64_t value, size_t count)
{
    struct stream stream = number_stream(key, schema_personal_text(personal), &value);
    return next_below(&stream, count);
}

int pseudonym_bytes(const struct pseudonym_key *key, struct bytes value, struct buffer *out)
{
    struct stream stream = stream_of(key, "bytes", value);
    for (size_t i = 0; i < value.size; i++)
        buffer_append_byte(out, next_byte(&stream));
    return buffer_failed(out);
}
