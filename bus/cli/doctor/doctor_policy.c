/* doctor_policy.c - whether the configuration loads, and what in it ends soon: certificates and agreements.
 * Not: every warning of it, which truc check shows. What has a successor already is not named.
 * See doctor.h. */
#include "cli_words.h"
#include "doctor.h"

#include "issuers.h"
#include "cli_file.h"
#include "cli_format.h"
#include "policy_load.h"
#include "revocation_list.h"

enum { DATE_BYTES = 11 };

static unsigned long long days_until(uint64_t now_ns, uint64_t end_ns)
{
    return (end_ns - now_ns) / (86400ull * TIME_NS_PER_S);
}

/* 23/11/2026 */
static const char *date_of(uint64_t time_ns, char out[DATE_BYTES])
{
    char text[TIME_TEXT_BYTES];
    cli_format_time(time_ns, text);
    memcpy(out, text, DATE_BYTES - 1);
    out[DATE_BYTES - 1] = '\0';
    return out;
}

void doctor_check_configuration(struct doctor *doctor)
{
    char folder[CLI_PATH_BYTES];
    struct policy_report report = {0};
    const struct policy_load_options options = {.now_ns = doctor->cli->now_ns};
    int code = cli_path(folder, NULL, "%s/config", doctor->cli->state);
    if (code == 0)
        code = policy_load_directory(folder, &options, &doctor->policy, &report);
    if (code < 0) {
        doctor_say(doctor, DOCTOR_BAD, "configuration",
                   report.errors == 1 ? _("the configuration %s has %zu error")
                                      : _("the configuration %s has %zu errors"),
                   folder, (size_t)report.errors);
        doctor_advise(doctor, _("truc check %s shows each with its place; trucd wouldn't start with it"), folder);
    } else {
        doctor_say(doctor, DOCTOR_GOOD, "configuration",
                   _("the configuration loads: %u systems, %u routes, %u agreements"), doctor->policy->systems_count,
                   doctor->policy->routes_count, doctor->policy->agreements_count);
    }
    policy_report_free(&report);
}

/* ---- certificates ---- */

static void say_certificate(struct doctor *doctor, enum doctor_state state, const char *whose, uint64_t end_ns,
                            const char *advice)
{
    char date[DATE_BYTES];
    if (state == DOCTOR_BAD)
        doctor_say(doctor, state, "certificate", _("the certificate of %s has ended on %s"), whose,
                   date_of(end_ns, date));
    else
        doctor_say(doctor, state, "certificate", _("the certificate of %s ends in %llu days, on %s"), whose,
                   days_until(doctor->cli->now_ns, end_ns), date_of(end_ns, date));
    doctor_advise(doctor, "%s", advice);
}

/* Its own certificate, and whether its list of those taken back is of today. */
static void check_authority(struct doctor *doctor, const struct policy_authority *authority, const char *whose,
                            const char *advice)
{
    uint64_t now_ns = doctor->cli->now_ns;
    char date[DATE_BYTES];
    if (authority->issuers == NULL)
        return;
    uint64_t end_ns = authority->issuers->list[0].not_after_ns; /* of the one that issues */
    enum doctor_state state = doctor_judge_end(now_ns, end_ns);
    if (state != DOCTOR_GOOD)
        say_certificate(doctor, state, whose, end_ns, advice);
    if (authority->revocations && authority->revocations->next_update_ns <= now_ns) {
        doctor_say(doctor, DOCTOR_WARN, "revocations",
                   _("the list of revoked certificates of %s was to be renewed by %s"), whose,
                   date_of(authority->revocations->next_update_ns, date));
        doctor_advise(doctor, _("fetch the new list, put it into the configuration, and reload it"));
    }
}

/* Of the keys that may sign, the last to end: older ones only verify what they have signed. 0: it has none. */
static uint64_t signing_ends(const struct policy_system *system, uint64_t now_ns)
{
    uint64_t end_ns = 0;
    for (uint32_t i = 0; i < system->signing_keys_count; i++)
        if (system->signing_keys[i].revoked_at_ns > now_ns && system->signing_keys[i].not_after_ns > end_ns)
            end_ns = system->signing_keys[i].not_after_ns;
    return end_ns;
}

void doctor_check_certificates(struct doctor *doctor)
{
    const struct policy *policy = doctor->policy;
    uint64_t now_ns = doctor->cli->now_ns, first_ns = UINT64_MAX;
    const char *first = NULL;
    unsigned good = 0;
    char date[DATE_BYTES];
    if (policy == NULL)
        return;
    for (uint32_t i = 0; i < policy->systems_count; i++) {
        uint64_t end_ns = signing_ends(&policy->systems[i], now_ns);
        enum doctor_state state = doctor_judge_end(now_ns, end_ns);
        if (end_ns && state != DOCTOR_GOOD)
            say_certificate(
                doctor, state, policy->systems[i].id, end_ns,
                _("issue a new one and register it beside the old one: config/systems/ID.yaml, certificates"));
        good += end_ns && state == DOCTOR_GOOD;
        if (end_ns && state == DOCTOR_GOOD && end_ns < first_ns) {
            first_ns = end_ns;
            first = policy->systems[i].id;
        }
    }
    if (first)
        doctor_say(doctor, DOCTOR_GOOD, "certificate",
                   _("%u certificates hold for more than %d days; the first to end is of %s, on %s"), good,
                   DOCTOR_END_NEAR_DAYS, first, date_of(first_ns, date));
    check_authority(doctor, &policy->authority, _("the bus's authority"),
                    _("make a new authority and certificates from it; no signature holds without it"));
    for (uint32_t i = 0; i < policy->outside_authorities_count; i++)
        check_authority(doctor, &policy->outside_authorities[i], _("an outside authority"),
                        _("get its new certificate from that authority; no signature of its systems holds without it"));
}

/* ---- agreements ---- */

static bool covers(const struct policy_agreement *agreement, const char *type)
{
    for (uint32_t i = 0; i < agreement->types_count; i++)
        if (strcmp(agreement->types[i], type) == 0)
            return true;
    return false;
}

/* When the pair's last agreement about the type ends. */
static uint64_t type_ends(const struct policy *policy, const struct policy_agreement *agreement, const char *type)
{
    uint64_t end_ns = 0;
    for (uint32_t i = 0; i < policy->agreements_count; i++) {
        const struct policy_agreement *other = &policy->agreements[i];
        if (other->provider == agreement->provider && other->consumer == agreement->consumer && covers(other, type) &&
            other->valid_until_ns > end_ns)
            end_ns = other->valid_until_ns;
    }
    return end_ns;
}

/* The first end among its types, successors counted. */
static uint64_t agreement_ends(const struct policy *policy, const struct policy_agreement *agreement)
{
    uint64_t end_ns = POLICY_NEVER;
    for (uint32_t i = 0; i < agreement->types_count; i++) {
        uint64_t type_end_ns = type_ends(policy, agreement, agreement->types[i]);
        if (type_end_ns < end_ns)
            end_ns = type_end_ns;
    }
    return end_ns;
}

static void say_agreement(struct doctor *doctor, const struct policy_agreement *agreement, enum doctor_state state,
                          uint64_t end_ns)
{
    char date[DATE_BYTES];
    date_of(end_ns - 1, date); /* the last day it holds */
    if (state == DOCTOR_BAD)
        doctor_say(doctor, state, "agreement", _("the agreement %s has lapsed on %s: %s gets nothing from %s under it"),
                   agreement->name, date, agreement->consumer->id, agreement->provider->id);
    else
        doctor_say(doctor, state, "agreement", _("the agreement %s lapses in %llu days, its last day is %s"),
                   agreement->name, days_until(doctor->cli->now_ns, end_ns), date);
    doctor_advise(doctor, _("renew it, or take its routes away: %s:%u"), agreement->place.file, agreement->place.line);
}

void doctor_check_agreements(struct doctor *doctor)
{
    const struct policy *policy = doctor->policy;
    unsigned good = 0;
    if (policy == NULL)
        return;
    for (uint32_t i = 0; i < policy->agreements_count; i++) {
        uint64_t end_ns = agreement_ends(policy, &policy->agreements[i]);
        enum doctor_state state = doctor_judge_end(doctor->cli->now_ns, end_ns);
        if (state == DOCTOR_GOOD)
            good++;
        else
            say_agreement(doctor, &policy->agreements[i], state, end_ns);
    }
    if (good > 0)
        doctor_say(doctor, DOCTOR_GOOD, "agreement", _("%u agreements hold for more than %d days"), good,
                   DOCTOR_END_NEAR_DAYS);
}
