/* signed_note.c - writes, reads and verifies C2SP signed notes with Ed25519 keys (type 0x01).
 * Not lenient: a note that another tool would read differently is refused.
 * Between the journal's checkpoints and the tools of transparency logs. */
#include "signed_note.h"

#include "encode.h"
#include "sha256.h"
#include "text.h"

#include <utf8proc.h>

enum { NOTE_TYPED_KEY_BYTES = 1 + ED25519_KEY_BYTES, NOTE_ID_DIGITS = 2 * NOTE_KEY_ID_BYTES };

static const char note_dash[] = "\xe2\x80\x94 "; /* U+2014 EM DASH, space */

/* Go's unicode.IsSpace, by which other readers split these lines. */
static bool note_is_space(utf8proc_int32_t character)
{
    utf8proc_category_t category = utf8proc_category(character);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

static bool note_name_is_valid(struct bytes name)
{
    if (name.size == 0 || name.size > NOTE_NAME_BYTES_MAX || !text_is_utf8(name) || text_has_control(name) ||
        memchr(name.data, '+', name.size) != NULL)
        return false;
    for (size_t at = 0; at < name.size;) {
        utf8proc_int32_t character;
        at += (size_t)utf8proc_iterate(name.data + at, (utf8proc_ssize_t)(name.size - at), &character);
        if (note_is_space(character))
            return false;
    }
    return true;
}

static void note_typed_key(const struct verify_key *key, uint8_t out[NOTE_TYPED_KEY_BYTES])
{
    out[0] = NOTE_TYPE_ED25519;
    memcpy(out + 1, key->ed25519, ED25519_KEY_BYTES);
}

int note_key_make(struct bytes name, const struct verify_key *key, struct note_key *ret_key, struct truc_fault *fault)
{
    if (!note_name_is_valid(name))
        return fault_set(fault, TRUC_E_ARGUMENT, "a note key's name is 1 to %d bytes without space or plus",
                         NOTE_NAME_BYTES_MAX);
    if (key->algorithm != SIGNING_ED25519)
        return fault_set(fault, TRUC_E_ARGUMENT, "notes are signed with Ed25519, not %s",
                         signing_algorithm_name(key->algorithm));
    uint8_t typed[NOTE_TYPED_KEY_BYTES];
    note_typed_key(key, typed);
    struct sha256 hash;
    sha256_begin(&hash);
    sha256_add(&hash, name);
    sha256_add(&hash, bytes_string("\n"));
    sha256_add(&hash, bytes_of(typed, sizeof typed));
    struct sha256_digest digest = sha256_end(&hash);
    *ret_key = (struct note_key){.key = *key};
    memcpy(ret_key->name, name.data, name.size);
    memcpy(ret_key->id, digest.bytes, NOTE_KEY_ID_BYTES);
    return 0;
}

int note_key_parse(struct bytes text, struct note_key *ret_key, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer id = {0}, typed = {.size_max = NOTE_SIGNATURE_BYTES_MAX};
    const uint8_t *plus = text.size ? memchr(text.data, '+', text.size) : NULL;
    size_t name_size = plus ? (size_t)(plus - text.data) : 0;
    if (plus == NULL || text.size - name_size < NOTE_ID_DIGITS + 2 || plus[NOTE_ID_DIGITS + 1] != '+')
        return fault_set(fault, TRUC_E_ARGUMENT, "a note key is name+8 digits+base64");
    struct bytes rest = bytes_of(plus + NOTE_ID_DIGITS + 2, text.size - name_size - NOTE_ID_DIGITS - 2);
    if (hex_decode(bytes_of(plus + 1, NOTE_ID_DIGITS), &id) < 0 || base64_decode(rest, &typed) < 0)
        return fault_set(fault, TRUC_E_ARGUMENT, "a note key is name+8 digits+base64");
    if (typed.size != NOTE_TYPED_KEY_BYTES || typed.data[0] != NOTE_TYPE_ED25519)
        return fault_set(fault, TRUC_E_ARGUMENT, "the note key is not of type 1 (Ed25519)");
    struct verify_key key;
    struct note_key made;
    int code = verify_key_from_ed25519(bytes_of(typed.data + 1, ED25519_KEY_BYTES), &key, fault);
    if (code == 0)
        code = note_key_make(bytes_of(text.data, name_size), &key, &made, fault);
    if (code < 0)
        return code;
    if (memcmp(made.id, id.data, NOTE_KEY_ID_BYTES) != 0)
        return fault_set(fault, TRUC_E_ARGUMENT, "the note key's id does not belong to its name and key");
    *ret_key = made;
    return 0;
}

void note_key_append(const struct note_key *key, struct buffer *out)
{
    uint8_t typed[NOTE_TYPED_KEY_BYTES];
    note_typed_key(&key->key, typed);
    buffer_append_string(out, key->name);
    buffer_append_byte(out, '+');
    hex_append(out, bytes_of(key->id, NOTE_KEY_ID_BYTES));
    buffer_append_byte(out, '+');
    base64_append(out, bytes_of(typed, sizeof typed));
}

/* Valid UTF-8, no control character but newline, a newline at the end. */
static bool note_text_is_valid(struct bytes text)
{
    if (text.size == 0 || text.size > NOTE_BYTES_MAX || text.data[text.size - 1] != '\n' || !text_is_utf8(text))
        return false;
    for (size_t i = 0; i < text.size; i++)
        if ((text.data[i] < 0x20 && text.data[i] != '\n') || text.data[i] == 0x7f)
            return false;
    return true;
}

int note_append_signature(struct buffer *out, struct bytes name, const uint8_t id[NOTE_KEY_ID_BYTES],
                          struct bytes signature, struct truc_fault *fault)
{
    if (!note_name_is_valid(name) || signature.size == 0 || signature.size > NOTE_SIGNATURE_BYTES_MAX)
        return fault_set(fault, TRUC_E_ARGUMENT, "no valid name and signature for a note");
    BUFFER_CLEANUP struct buffer both = {0};
    buffer_append(&both, id, NOTE_KEY_ID_BYTES);
    buffer_append_bytes(&both, signature);
    int code = buffer_failed(&both);
    if (code < 0)
        return fault_set(fault, code, "no memory for a note's signature");
    buffer_append_string(out, note_dash);
    buffer_append_bytes(out, name);
    buffer_append_byte(out, ' ');
    base64_append(out, buffer_view(&both));
    buffer_append_byte(out, '\n');
    code = buffer_failed(out);
    return code < 0 ? fault_set(fault, code, "no room for a note's signature") : 0;
}

int note_sign(struct bytes text, struct bytes name, const struct signing_key *key, struct buffer *out,
              struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer signature = {0};
    struct note_key note_key;
    if (!note_text_is_valid(text))
        return fault_set(fault, TRUC_E_ARGUMENT, "a note is UTF-8 text that ends in a newline, at most %d bytes",
                         NOTE_BYTES_MAX);
    int code = note_key_make(name, signing_key_public(key), &note_key, fault);
    if (code < 0)
        return code;
    code = signing_key_sign(key, text, &signature);
    if (code < 0)
        return fault_set(fault, code, "signing a note failed");
    buffer_append_bytes(out, text);
    buffer_append_byte(out, '\n');
    return note_append_signature(out, name, note_key.id, buffer_view(&signature), fault);
}

/* One line without its newline. */
static int note_parse_line(struct bytes line, struct note_signature *ret_signature)
{
    BUFFER_CLEANUP struct buffer both = {.size_max = NOTE_KEY_ID_BYTES + NOTE_SIGNATURE_BYTES_MAX};
    size_t dash_size = sizeof note_dash - 1;
    if (line.size < dash_size || memcmp(line.data, note_dash, dash_size) != 0)
        return TRUC_E_ARGUMENT;
    line = bytes_of(line.data + dash_size, line.size - dash_size);
    const uint8_t *space = line.size ? memchr(line.data, ' ', line.size) : NULL;
    if (space == NULL)
        return TRUC_E_ARGUMENT;
    struct bytes name = bytes_of(line.data, (size_t)(space - line.data));
    struct bytes encoded = bytes_of(space + 1, line.size - name.size - 1);
    int code = note_name_is_valid(name) ? base64_decode(encoded, &both) : TRUC_E_ARGUMENT;
    if (code < 0)
        return code;
    if (both.size <= NOTE_KEY_ID_BYTES)
        return TRUC_E_ARGUMENT;
    ret_signature->name = name;
    ret_signature->signature_size = both.size - NOTE_KEY_ID_BYTES;
    memcpy(ret_signature->id, both.data, NOTE_KEY_ID_BYTES);
    memcpy(ret_signature->signature, both.data + NOTE_KEY_ID_BYTES, ret_signature->signature_size);
    return 0;
}

int note_parse(struct bytes note, struct note *ret_note, struct truc_fault *fault)
{
    if (!note_text_is_valid(note))
        return fault_set(fault, TRUC_E_ARGUMENT, "a note is UTF-8 text that ends in a newline, at most %d bytes",
                         NOTE_BYTES_MAX);
    /* The text may hold empty lines; the last one divides it from the signatures. */
    const uint8_t *divide = memrchr(note.data, '\n', note.size - 1);
    while (divide != NULL && divide[1] != '\n')
        divide = divide > note.data ? memrchr(note.data, '\n', (size_t)(divide - note.data)) : NULL;
    if (divide == NULL)
        return fault_set(fault, TRUC_E_ARGUMENT, "the note has no empty line before its signatures");
    size_t text_size = (size_t)(divide - note.data) + 1;
    if (text_size + 1 == note.size)
        return fault_set(fault, TRUC_E_ARGUMENT, "the note has no signature");
    ret_note->text = bytes_of(note.data, text_size);
    ret_note->signatures_count = 0;
    for (size_t at = text_size + 1; at < note.size;) {
        const uint8_t *end = memchr(note.data + at, '\n', note.size - at); /* there: the note ends in a newline */
        size_t size = (size_t)(end - (note.data + at));
        if (ret_note->signatures_count == NOTE_SIGNATURES_MAX)
            return fault_set(fault, TRUC_E_LIMIT, "the note has more than %d signatures", NOTE_SIGNATURES_MAX);
        int code = note_parse_line(bytes_of(note.data + at, size), &ret_note->signatures[ret_note->signatures_count]);
        if (code < 0)
            return fault_set(fault, code, "signature line %zu of the note is not '— name base64'",
                             ret_note->signatures_count + 1);
        ret_note->signatures_count++;
        at += size + 1;
    }
    return 0;
}

int note_verify(const struct note *note, const struct note_key *key, struct truc_fault *fault)
{
    size_t verified = 0;
    for (size_t i = 0; i < note->signatures_count; i++) {
        const struct note_signature *signature = &note->signatures[i];
        if (!bytes_equal_string(signature->name, key->name) || memcmp(signature->id, key->id, NOTE_KEY_ID_BYTES) != 0)
            continue;
        int code = verify_key_check(&key->key, note->text, bytes_of(signature->signature, signature->signature_size));
        if (code < 0)
            return fault_set(fault, code, "the note's signature by %s does not verify", key->name);
        verified++;
    }
    if (verified == 0)
        return fault_set(fault, TRUC_E_NOT_FOUND, "the note carries no signature by %s", key->name);
    return 0;
}
