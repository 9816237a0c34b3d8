/* record_text.c - one line a record, one function a kind.
 * Not: JSON (record_json.c). Numbers of errors become their names here.
 * See record_text.h. */
#include "record_text.h"

#include "change.h"
#include "cli_format.h"
#include "cli_words.h"
#include "command.h"
#include "encode.h"
#include "fault.h"
#include "header.h"
#include "record.h"

#include <inttypes.h>

enum { POSITION_COLUMN = 9, KIND_COLUMN = 15, TYPE_COLUMN = 24, WAY_COLUMN = 34 };

static void put(struct buffer *out, struct bytes text)
{
    cli_append_safe(out, text);
}

/* " · text" when there is one. */
static void put_more(struct buffer *out, const char *before, struct bytes text)
{
    if (text.size) {
        buffer_append_string(out, before);
        put(out, text);
    }
}

static void put_short_hex(struct buffer *out, struct bytes data)
{
    hex_append(out, bytes_of(data.data, data.size < 3 ? data.size : 3));
}

static int put_started(struct bytes body, struct buffer *out, struct truc_fault *fault)
{
    struct record_started value = {0};
    int code = record_started_decode(body, &value, fault);
    if (code < 0)
        return code;
    put(out, value.software);
    put_more(out, " · ", value.reason);
    return 0;
}

static int put_configuration(struct bytes body, struct buffer *out, struct truc_fault *fault)
{
    struct record_configuration value = {0};
    struct record_file file = {0};
    size_t offset = 0, files = 0;
    int code = record_configuration_decode(body, &value, fault);
    if (code < 0)
        return code;
    while (record_file_next(value.files, &offset, &file) > 0)
        files++;
    put_short_hex(out, value.hash);
    buffer_printf(out, _(" · %zu files"), files);
    put_more(out, " · ", value.origin);
    return 0;
}

static int put_bundle(struct bytes body, struct buffer *out, struct truc_fault *fault)
{
    struct record_bundle value = {0};
    int code = record_bundle_decode(body, &value, fault);
    if (code < 0)
        return code;
    put(out, value.sender);
    buffer_printf(out, _(" · %u %s · key "), value.count, value.count == 1 ? _("message") : _("messages"));
    put_short_hex(out, value.key_id);
    buffer_append_string(out, "…");
    return 0;
}

static void put_destinations(struct bytes elements, struct buffer *out)
{
    struct record_destination destination = {0};
    size_t offset = 0, count = 0;
    while (record_destination_next(elements, &offset, &destination) > 0) {
        if (count++ > 0)
            buffer_append_string(out, ", ");
        put(out, destination.system);
        if (destination.observer)
            buffer_append_string(out, _(" observes"));
        if (destination.outcome)
            buffer_printf(out, " (%s)", truc_error_name(-(int)destination.outcome));
    }
}

static int put_accepted(struct bytes body, struct buffer *out, struct truc_fault *fault)
{
    struct record_accepted value = {0};
    struct header header = {0};
    char size[CLI_NUMBER_BYTES];
    BUFFER_CLEANUP struct buffer way = {0};
    int code = record_accepted_decode(body, &value, fault);
    if (code == 0)
        code = header_decode(value.header, &header, fault);
    if (code < 0)
        return code;
    buffer_append_bytes(&way, header_sender(&header));
    buffer_append_string(&way, " → ");
    put_destinations(value.destinations, &way);
    cli_append_padded(out, buffer_view(&way), WAY_COLUMN);
    buffer_append_string(out, "  ");
    cli_append_padded(out, header.type, TYPE_COLUMN);
    buffer_append_string(out, "  ");
    put(out, header.subject);
    buffer_printf(out, "  %s", cli_format_bytes(value.payload_bytes, size));
    if (header.replay_of.bus.size) {
        buffer_append_string(out, _("  replays "));
        put(out, header.replay_of.bus);
        buffer_printf(out, " %" PRIu64, header.replay_of.position);
    }
    return buffer_failed(&way);
}

static int put_refused(struct bytes body, struct buffer *out, struct truc_fault *fault)
{
    struct record_refused value = {0};
    int code = record_refused_decode(body, &value, fault);
    if (code < 0)
        return code;
    buffer_printf(out, "%s  ", truc_error_name(-(int)value.code));
    put(out, value.sender);
    put_more(out, "  ", value.type);
    put_more(out, "  ", value.subject);
    put_more(out, "  ", value.text);
    put_more(out, _(" at "), value.where);
    if (value.count > 1)
        buffer_printf(out, _(" (%u like it)"), value.count);
    return 0;
}

static int put_settled(struct bytes body, struct buffer *out, struct truc_fault *fault)
{
    static const char *const words[] = {"", N_("done"), N_("to be retried"), N_("rejected")};
    struct record_settled value = {0};
    struct settlement settlement = {0};
    struct bytes encoded = {0};
    size_t offset = 0, counts[4] = {0};
    int code = record_settled_decode(body, &value, fault), more = 0;
    if (code < 0)
        return code;
    while ((more = record_settlement_next(value.settlements, &offset, &encoded)) > 0) {
        if (settlement_decode(encoded, &settlement) < 0 || settlement.outcome < SETTLED_DONE ||
            settlement.outcome > SETTLED_REJECT)
            return fault_set(fault, TRUC_E_JOURNAL_CORRUPT, _("a receipt is malformed"));
        counts[settlement.outcome]++;
    }
    put(out, value.system);
    for (int i = SETTLED_DONE; i <= SETTLED_REJECT; i++)
        if (counts[i])
            buffer_printf(out, " · %zu %s", counts[i], cli_words(words[i]));
    return more;
}

static int put_fate(struct bytes body, struct buffer *out, struct truc_fault *fault)
{
    struct record_fate value = {0};
    int code = record_fate_decode(body, &value, fault);
    if (code < 0)
        return code;
    buffer_printf(out, _("record %llu"), (unsigned long long)value.message);
    put_more(out, _(" for "), value.system);
    if (value.code)
        buffer_printf(out, " · %s", truc_error_name(-(int)value.code));
    put_more(out, " · ", value.type);
    put_more(out, " · ", value.subject);
    if (value.attempts)
        buffer_printf(out, _(" · %u attempts"), value.attempts);
    put_more(out, " · ", value.reason);
    put_more(out, " · ", value.text);
    put_more(out, _(" · by "), value.operator_id);
    return 0;
}

/* "beta · records 12, 15" */
static int put_attempted(struct bytes body, struct buffer *out, struct truc_fault *fault)
{
    struct record_attempted value = {0};
    int code = record_attempted_decode(body, &value, fault);
    if (code < 0)
        return code;
    put(out, value.system);
    for (size_t at = 0; at + sizeof(uint64_t) <= value.messages.size; at += sizeof(uint64_t))
        buffer_printf(out, "%s%" PRIu64,
                      at                                       ? ", "
                      : value.messages.size > sizeof(uint64_t) ? _(" · records ")
                                                               : _(" · record "),
                      load_le64(value.messages.data + at));
    return 0;
}

static int put_session(struct bytes body, struct buffer *out, struct truc_fault *fault)
{
    static const char *const words[] = {"", N_("opened"), N_("closed"), N_("refused")};
    struct record_session value = {0};
    int code = record_session_decode(body, &value, fault);
    if (code < 0)
        return code;
    put(out, value.system);
    buffer_printf(out, " %s", value.event < sizeof words / sizeof *words ? cli_words(words[value.event]) : "?");
    put_more(out, " · ", value.software);
    if (value.code)
        buffer_printf(out, " · %s", truc_error_name(-(int)value.code));
    put_more(out, " · ", value.text);
    return 0;
}

static int put_operation(struct bytes body, struct buffer *out, struct truc_fault *fault)
{
    struct record_operation value = {0};
    uint64_t message;
    int code = record_operation_decode(body, &value, fault);
    if (code < 0)
        return code;
    put(out, value.operator_id);
    put_more(out, _(" asked "), value.verb);
    struct change change;
    if (change_is_of(value.verb) && change_decode(value.arguments, &change, NULL) == 0) {
        put_more(out, " ", change.system);
        buffer_append_string(out, change.accept_schema_change ? " --accept-schema-change" : "");
    }
    if (record_operation_message(&value, &message))
        buffer_printf(out, _(" of record %llu"), (unsigned long long)message);
    buffer_printf(out, " · %s", value.code ? truc_error_name(-(int)value.code) : _("done"));
    put_more(out, " · ", value.reason);
    return 0;
}

static int put_blob(struct bytes body, struct buffer *out, struct truc_fault *fault)
{
    static const char *const words[] = {"", N_("stored"), N_("fetched"), N_("removed"), N_("refused")};
    struct record_blob value = {0};
    int code = record_blob_decode(body, &value, fault);
    if (code < 0)
        return code;
    put(out, value.system);
    buffer_printf(out, "%s%s", value.system.size ? " " : "",
                  value.event < sizeof words / sizeof *words ? cli_words(words[value.event]) : "?");
    if (value.sha256.size) {
        buffer_append_string(out, " ");
        put_short_hex(out, value.sha256);
        buffer_printf(out, _("… · %llu bytes"), (unsigned long long)value.size_bytes);
    }
    if (value.message)
        buffer_printf(out, _(" · of record %llu"), (unsigned long long)value.message - 1);
    if (value.offset)
        buffer_printf(out, _(" · from %llu on"), (unsigned long long)value.offset);
    if (value.code)
        buffer_printf(out, " · %s", truc_error_name(-(int)value.code));
    put_more(out, " · ", value.text);
    return 0;
}

static int (*const writers[RECORD_KIND_MAX + 1])(struct bytes body, struct buffer *out, struct truc_fault *fault) = {
    [RECORD_STARTED] = put_started,     [RECORD_CONFIGURATION] = put_configuration,
    [RECORD_BUNDLE] = put_bundle,       [RECORD_ACCEPTED] = put_accepted,
    [RECORD_REFUSED] = put_refused,     [RECORD_SETTLED] = put_settled,
    [RECORD_DEAD] = put_fate,           [RECORD_EXPIRED] = put_fate,
    [RECORD_REDRIVEN] = put_fate,       [RECORD_SESSION] = put_session,
    [RECORD_OPERATION] = put_operation, [RECORD_ERASED] = put_fate,
    [RECORD_HELD] = put_fate,           [RECORD_RELEASED] = put_fate,
    [RECORD_ATTEMPTED] = put_attempted, [RECORD_STOPPED] = put_started,
    [RECORD_DISCARDED] = put_fate,      [RECORD_BLOB] = put_blob,
};

int record_text_append(const struct journal_record *record, struct buffer *out, struct truc_fault *fault)
{
    bool known = record->kind > 0 && record->kind <= RECORD_KIND_MAX;
    if (!known) {
        buffer_printf(out, _("kind %u, of a newer version"), record->kind);
        return buffer_failed(out);
    }
    cli_append_padded(out, bytes_string(record_kind_name((enum record_kind)record->kind)), KIND_COLUMN);
    int code = writers[record->kind] ? writers[record->kind](record->body, out, fault) : 0;
    if (code < 0)
        return fault_where(fault, "record %" PRIu64, record->sequence), code;
    return buffer_failed(out);
}

int record_text_line(const struct journal_record *record, struct buffer *out, struct truc_fault *fault)
{
    char time[TIME_TEXT_BYTES], position[CLI_NUMBER_BYTES];
    buffer_printf(out, "%*s  %s  ", POSITION_COLUMN, cli_format_count(record->sequence, position),
                  cli_format_moment(record->time_ns, time));
    int code = record_text_append(record, out, fault);
    if (code < 0 && !buffer_failed(out))
        buffer_printf(out, _("can't be read: %s"), fault->text);
    buffer_append_byte(out, '\n');
    return code;
}
