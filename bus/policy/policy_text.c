/* policy_text.c - systems, routes and agreements as "key value" lines.
 * Not: comparing them (policy_difference.c). Pure; writes into the caller's buffer.
 * In the flow: see policy_text.h. */
#include "policy_text.h"

#include "encode.h"
#include "issuers.h"
#include "policy_match.h"
#include "revocation_list.h"
#include "time_text.h"

#include <inttypes.h>

enum { DAY_BYTES = 10 };

static void line(struct buffer *out, const char *key, const char *value)
{
    if (value[0] != 0)
        buffer_printf(out, "  %-16s %s\n", key, value);
}

static void span_line(struct buffer *out, const char *key, uint64_t span_ns)
{
    char text[TIME_TEXT_BYTES];
    span_format(span_ns, text);
    if (span_ns > 0)
        line(out, key, text);
}

static void number_line(struct buffer *out, const char *key, uint64_t number)
{
    buffer_printf(out, "  %-16s %" PRIu64 "\n", key, number);
}

static void begin_list(struct buffer *out, const char *key)
{
    buffer_printf(out, "  %-16s ", key);
}

static void list_item(struct buffer *out, uint32_t at, const char *text)
{
    buffer_printf(out, "%s%s", at == 0 ? "" : ", ", text);
}

static void systems_line(struct buffer *out, const char *key, const struct policy_system *const *systems,
                         uint32_t count)
{
    begin_list(out, key);
    for (uint32_t i = 0; i < count; i++)
        list_item(out, i, systems[i]->id);
    buffer_append_byte(out, '\n');
}

static void texts_line(struct buffer *out, const char *key, const char *const *texts, uint32_t count)
{
    if (count == 0)
        return;
    begin_list(out, key);
    for (uint32_t i = 0; i < count; i++)
        list_item(out, i, texts[i]);
    buffer_append_byte(out, '\n');
}

static void signing_key_line(struct buffer *out, const struct policy_signing_key *key)
{
    char text[TIME_TEXT_BYTES];
    begin_list(out, "signing-key");
    hex_append(out, bytes_of(key->key_id, POLICY_KEY_ID_BYTES));
    time_format_full(key->not_after_ns, text);
    buffer_printf(out, " until %s", text);
    if (key->revoked_at_ns != POLICY_NEVER) {
        time_format_full(key->revoked_at_ns, text);
        buffer_printf(out, ", revoked since %s", text);
    }
    if (key->outside != NULL) {
        buffer_append_string(out, ", also certified as ");
        hex_append(out, sha256_view(&key->outside->digest));
    }
    buffer_append_byte(out, '\n');
}

void policy_text_system(const struct policy_system *system, struct buffer *out)
{
    line(out, "title", system->title);
    line(out, "contact", system->contact);
    line(out, "role", policy_role_text(system));
    if (system->looks_after_count > 0)
        systems_line(out, "systems", system->looks_after, system->looks_after_count);
    line(out, "suspended", system->suspended ? "true" : "false");
    for (uint32_t i = 0; i < system->transport_keys_count; i++) {
        begin_list(out, "transport-key");
        hex_append(out, bytes_of(system->transport_keys[i], POLICY_TRANSPORT_KEY_BYTES));
        buffer_append_byte(out, '\n');
    }
    for (uint32_t i = 0; i < system->signing_keys_count; i++)
        signing_key_line(out, &system->signing_keys[i]);
}

/* What a person's data is compared with stays closed, but another value must be another text. */
static void match_line(struct buffer *out, const struct policy_match *match)
{
    begin_list(out, "match");
    buffer_printf(out, "%s: ", match->label);
    policy_match_asked(match, NULL, out);
    if (match->personal && match->operator!= POLICY_MATCH_EXISTS) {
        struct sha256 hash;
        sha256_begin(&hash);
        for (uint32_t i = 0; i < match->values_count; i++)
            sha256_add(&hash, match->values[i].text);
        struct sha256_digest digest = sha256_end(&hash);
        buffer_append_string(out, " (#");
        hex_append(out, bytes_of(digest.bytes, 2));
        buffer_append_string(out, ")");
    }
    buffer_append_byte(out, '\n');
}

void policy_text_way(const struct policy_route *route, struct buffer *out)
{
    buffer_printf(out, "%s: ", route->type);
    for (uint32_t i = 0; i < route->from_count; i++)
        list_item(out, i, route->from[i]->id);
    buffer_append_string(out, " → ");
    for (uint32_t i = 0; i < route->to_count; i++)
        list_item(out, i, route->to[i]->id);
}

void policy_text_route(const struct policy_route *route, struct buffer *out)
{
    static const char *const orders[] = {"dossier", "ordering-key", "none"}; /* enum policy_order */
    char first[TIME_TEXT_BYTES], at_most[TIME_TEXT_BYTES], span[TIME_TEXT_BYTES];
    line(out, "title", route->title);
    systems_line(out, "from", route->from, route->from_count);
    line(out, "type", route->type);
    for (uint32_t i = 0; i < route->matches_count; i++)
        match_line(out, &route->matches[i]);
    systems_line(out, "to", route->to, route->to_count);
    if (route->observe_count > 0)
        systems_line(out, "observe", route->observe, route->observe_count);
    line(out, "order-by", orders[route->order]);
    span_format(route->retry.first_ns, first);
    span_format(route->retry.at_most_ns, at_most);
    span_format(route->retry.for_ns, span);
    buffer_printf(out, "  %-16s first %s, factor %u.%02u, at most %s, for %s\n", "retry", first,
                  route->retry.factor_percent / 100, route->retry.factor_percent % 100, at_most, span);
    span_line(out, "within", route->within_ns);
    span_line(out, "expire", route->expire_ns);
}

static void rate_line(struct buffer *out, const char *key, const struct policy_rate *rate)
{
    char span[TIME_TEXT_BYTES];
    span_format(rate->span_ns, span);
    if (rate->count > 0)
        buffer_printf(out, "  %-16s %u in %s\n", key, rate->count, span);
}

static void day_line(struct buffer *out, const char *key, uint64_t time_ns)
{
    char text[TIME_TEXT_BYTES];
    time_format_full(time_ns, text); /* begins with the day in GMT+7 */
    buffer_printf(out, "  %-16s %.*s\n", key, (int)DAY_BYTES, text);
}

void policy_text_agreement(const struct policy_agreement *agreement, struct buffer *out)
{
    static const char *const bases[] = {"mandatory", "agreement", "internal-rule"};           /* enum policy_basis */
    static const char *const required[] = {"officer", "dossier", "procedure", "legal-basis"}; /* POLICY_REQUIRES_ */
    line(out, "provider", agreement->provider->id);
    line(out, "consumer", agreement->consumer->id);
    texts_line(out, "types", agreement->types, agreement->types_count);
    line(out, "purpose", agreement->purpose);
    line(out, "basis", bases[agreement->basis]);
    line(out, "legal-basis", agreement->legal_basis);
    if (agreement->observes)
        line(out, "observes", "true");
    for (uint32_t i = 0; i < sizeof required / sizeof required[0]; i++)
        if (agreement->requires & (uint32_t)1 << i)
            line(out, "requires", required[i]);
    texts_line(out, "reply-fields", agreement->reply_fields, agreement->reply_fields_count);
    rate_line(out, "rate", &agreement->rate_total);
    rate_line(out, "rate per officer", &agreement->rate_per_officer);
    day_line(out, "from", agreement->valid_from_ns);
    if (agreement->valid_until_ns != POLICY_NEVER)
        day_line(out, "until", agreement->valid_until_ns - 1);
}

static void digest_line(struct buffer *out, const char *key, struct bytes digest)
{
    begin_list(out, key);
    hex_append(out, digest);
    buffer_append_byte(out, '\n');
}

/* The certificate, and the state of its list of what was taken back: a newer list refuses more. */
static void authority_line(struct buffer *out, const char *key, const struct policy_authority *authority)
{
    char time[TIME_TEXT_BYTES];
    if (authority->issuers == NULL)
        return;
    begin_list(out, key);
    for (size_t i = 0; i < authority->issuers->count; i++) {
        buffer_append_string(out, i ? ", " : "");
        hex_append(out, sha256_view(&authority->issuers->list[i].digest));
    }
    if (authority->revocations != NULL) {
        time_format_full(authority->revocations->this_update_ns, time);
        buffer_printf(out, ", revocations of %s", time);
    }
    buffer_append_byte(out, '\n');
}

void policy_text_bus(const struct policy *policy, struct buffer *out)
{
    const struct policy_limits *limits = &policy->limits;
    line(out, "bus", policy->bus_id);
    line(out, "title", policy->title);
    line(out, "sandbox", policy->sandbox ? "true" : "false");
    texts_line(out, "listen", policy->listen, policy->listen_count);
    authority_line(out, "ca", &policy->authority);
    for (uint32_t i = 0; i < policy->outside_authorities_count; i++)
        authority_line(out, "outside-ca", &policy->outside_authorities[i]);
    if (policy->descriptors.size > 0) {
        struct sha256_digest schemas = sha256_of(policy->descriptors);
        digest_line(out, "schemas", sha256_view(&schemas));
    }
    number_line(out, "message-bytes", limits->message_bytes_max);
    number_line(out, "bundle-messages", limits->bundle_messages_max);
    number_line(out, "sender-credit", limits->sender_credit_bytes);
    span_line(out, "dedupe-window", limits->dedupe_window_ns);
    span_line(out, "future-skew", limits->future_skew_ns);
    number_line(out, "queue-messages", limits->queue_messages_max);
    number_line(out, "queue-bytes", limits->queue_bytes_max);
    number_line(out, "blocked-keys", limits->blocked_keys_max);
    number_line(out, "sessions", limits->sessions_max);
    number_line(out, "requests-open", limits->requests_open_max);
    number_line(out, "blob-bytes", limits->blob_bytes_max);
    number_line(out, "blob-space", limits->blob_space_bytes);
    number_line(out, "blob-uploads", limits->blob_uploads_max);
    span_line(out, "blob-unfinished", limits->blob_unfinished_ns);
    span_line(out, "blob-unnamed", limits->blob_unnamed_ns);
}
