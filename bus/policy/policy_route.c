/* policy_route.c - deciding where a message goes, under which agreement, and saying why.
 * Not: delivering, counting rates, or time: the query brings the instant. Allocates nothing, unless it is to say why.
 * In the flow: authorise and route, between validate and journal; again at delivery (policy_authorise). */
#include "policy.h"

#include "policy_index.h"
#include "policy_match.h"
#include "text.h"

#include <stdio.h>

enum { REASON_BYTES_MAX = 768, ASKED_BYTES_MAX = 200 };

static words_translate *language_of(const struct policy_trace *trace)
{
    return trace == NULL ? NULL : trace->translate;
}

static void note(const struct policy_trace *trace, enum policy_note_kind kind, const char *name,
                 struct policy_place place, const char *text)
{
    if (trace == NULL)
        return;
    const struct policy_note line = {.kind = kind, .name = name, .place = place, .text = text};
    trace->note(trace->context, &line);
}

static bool route_takes_sender(const struct policy_route *route, const struct policy_system *sender)
{
    for (uint32_t i = 0; i < route->from_count; i++)
        if (route->from[i] == sender)
            return true;
    return false;
}

/* "from is [onestop-desk], not portal" */
static void explain_sender(const struct policy_route *route, const struct policy_system *sender,
                           words_translate *translate, char *text, size_t size)
{
    char senders[REASON_BYTES_MAX / 2] = "";
    size_t used = 0;
    for (uint32_t i = 0; i < route->from_count && used < sizeof senders; i++)
        used += (size_t)snprintf(senders + used, sizeof senders - used, "%s%s", i == 0 ? "" : ", ", route->from[i]->id);
    snprintf(text, size, words_by(translate, N_("from is [%s], not %s")), senders, sender->id);
}

/* "body.service is 'none', the route asks for full or partial" */
static void explain_match(const struct policy_match *match, const char *found, words_translate *translate, char *text,
                          size_t size)
{
    struct buffer asked BUFFER_CLEANUP = {0};
    policy_match_asked(match, translate, &asked);
    size_t shown = text_cut_utf8((const char *)asked.data, asked.size, ASKED_BYTES_MAX);
    snprintf(text, size, words_by(translate, N_("%.120s %s, the route asks for %.*s")), match->label, found, (int)shown,
             asked.size > 0 ? (const char *)asked.data : "");
}

/* 1: the route takes the message; 0: not, with the reason noted; negative: the payload can't be read. */
static int route_takes(const struct policy_route *route, const struct policy_query *query,
                       const struct policy_trace *trace)
{
    char text[REASON_BYTES_MAX], found[REASON_BYTES_MAX / 3];
    if (!route_takes_sender(route, query->sender)) {
        if (trace != NULL) {
            explain_sender(route, query->sender, trace->translate, text, sizeof text);
            note(trace, POLICY_NOTE_ROUTE_DIFFERS, route->name, route->place, text);
        }
        return 0;
    }
    for (uint32_t i = 0; i < route->matches_count; i++) {
        const struct policy_match *match = &route->matches[i];
        int result = policy_match_holds(match, &query->header, query->payload, language_of(trace),
                                        trace == NULL ? NULL : found, sizeof found);
        if (result < 0)
            return result;
        if (result > 0)
            continue;
        if (trace != NULL) {
            explain_match(match, found, trace->translate, text, sizeof text);
            note(trace, POLICY_NOTE_ROUTE_DIFFERS, route->name, route->place, text);
        }
        return 0;
    }
    note(trace, POLICY_NOTE_ROUTE_MATCHES, route->name, route->place, "");
    return 1;
}

/* The purpose fields that the agreement requires and the header lacks, as POLICY_REQUIRES_... bits. */
static uint32_t purpose_lacking(const struct policy_agreement *agreement, const struct policy_header_view *header)
{
    uint32_t given = 0;
    if (header->purpose_officer.size > 0)
        given |= POLICY_REQUIRES_OFFICER;
    if (header->purpose_dossier.size > 0)
        given |= POLICY_REQUIRES_DOSSIER;
    if (header->purpose_procedure.size > 0)
        given |= POLICY_REQUIRES_PROCEDURE;
    if (header->purpose_legal_basis.size > 0)
        given |= POLICY_REQUIRES_LEGAL_BASIS;
    return agreement->requires & ~given;
}

/* "officer, dossier" */
static void print_purpose(uint32_t bits, words_translate *translate, char *text, size_t size)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } names[] = {
        {POLICY_REQUIRES_OFFICER, N_("officer")},
        {POLICY_REQUIRES_DOSSIER, N_("dossier")},
        {POLICY_REQUIRES_PROCEDURE, N_("procedure")},
        {POLICY_REQUIRES_LEGAL_BASIS, N_("legal basis")},
    };
    size_t used = 0;
    text[0] = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && used < size; i++)
        if (bits & names[i].bit)
            used += (size_t)snprintf(text + used, size - used, "%s%s", used == 0 ? "" : ", ",
                                     words_by(translate, names[i].name));
}

/* How one destination may be reached: the best agreement there is, and what is wrong with it. */
struct cover {
    const struct policy_agreement *agreement; /* NULL: none covers it */
    int error;                                /* 0, or why even the best one does not serve */
    struct truc_fault fault;
};

/* Whether this agreement serves now. `header` NULL: the purpose is not asked (it was, when it was accepted). */
static int agreement_serves(const struct policy_agreement *agreement, const struct policy_header_view *header,
                            uint64_t now_ns, words_translate *translate, struct truc_fault *fault)
{
    int error = policy_agreement_check(agreement, now_ns, translate, fault);
    if (error < 0 || header == NULL)
        return error;
    uint32_t lacking = purpose_lacking(agreement, header);
    if (lacking == 0)
        return 0;
    char names[REASON_BYTES_MAX / 6];
    print_purpose(lacking, translate, names, sizeof names);
    return fault_set(fault, TRUC_E_PURPOSE, words_by(translate, N_("agreement '%s' requires the purpose's %s")),
                     agreement->name, names);
}

static void refuse_way(const struct policy_way *way, const char *type, words_translate *translate,
                       struct truc_fault *fault)
{
    if (way->observer)
        fault_set(fault, TRUC_E_NO_AGREEMENT, words_by(translate, N_("no agreement lets %s observe %s of %s")),
                  way->to->id, type, way->sender->id);
    else if (way->request)
        fault_set(fault, TRUC_E_NO_AGREEMENT, words_by(translate, N_("no agreement lets %s answer %s for %s")),
                  way->to->id, type, way->sender->id);
    else
        fault_set(fault, TRUC_E_NO_AGREEMENT, words_by(translate, N_("no agreement lets %s give %s to %s")),
                  way->sender->id, type, way->to->id);
}

/* The first agreement in force whose requirements are met; else the nearest miss: in force but lacking purpose,
 * then one that has lapsed. */
static struct cover find_cover(const struct policy_type_rules *rules, const struct policy_way *way,
                               const struct policy_header_view *header, uint64_t now_ns,
                               const struct policy_trace *trace)
{
    struct cover best = {.error = TRUC_E_NO_AGREEMENT};
    for (uint32_t i = 0; rules != NULL && i < rules->agreements_count; i++) {
        const struct policy_agreement *agreement = rules->agreements[i];
        if (!policy_agreement_covers(agreement, way))
            continue;
        struct cover cover = {.agreement = agreement};
        cover.error = agreement_serves(agreement, header, now_ns, language_of(trace), &cover.fault);
        if (cover.error == 0) {
            note(trace, POLICY_NOTE_AGREEMENT, agreement->name, agreement->place, way->to->id);
            return cover;
        }
        note(trace, POLICY_NOTE_AGREEMENT_NOT, agreement->name, agreement->place, cover.fault.text);
        if (best.agreement == NULL || (best.error != TRUC_E_PURPOSE && cover.error == TRUC_E_PURPOSE))
            best = cover;
    }
    if (best.agreement == NULL)
        refuse_way(way, rules != NULL ? rules->type : words_by(language_of(trace), N_("this type")), language_of(trace),
                   &best.fault);
    return best;
}

/* Adds a destination or observer that is not there yet. Who is both is a destination. */
static int add_delivery(struct policy_decision *decision, const struct policy_delivery *delivery,
                        const struct policy_trace *trace, struct truc_fault *fault)
{
    uint32_t at = 0;
    while (at < decision->deliveries_count && decision->deliveries[at].to != delivery->to)
        at++;
    if (at == POLICY_DESTINATIONS_MAX)
        return fault_set(fault, TRUC_E_LIMIT,
                         words_by(language_of(trace), N_("the routes lead to more than %d systems")),
                         POLICY_DESTINATIONS_MAX);
    if (at == decision->deliveries_count)
        decision->deliveries[decision->deliveries_count++] = *delivery;
    else if (decision->deliveries[at].observer && !delivery->observer)
        decision->deliveries[at] = *delivery;
    return 0;
}

static int add_systems(struct policy_decision *decision, const struct policy_route *route,
                       const struct policy_system *const *systems, uint32_t count, bool observer,
                       const struct policy_trace *trace, struct truc_fault *fault)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct policy_delivery delivery = {.to = systems[i], .route = route, .observer = observer};
        int error = add_delivery(decision, &delivery, trace, fault);
        if (error < 0)
            return error;
    }
    return 0;
}

static int add_destinations(struct policy_decision *decision, const struct policy_route *route,
                            const struct policy_trace *trace, struct truc_fault *fault)
{
    int error = add_systems(decision, route, route->to, route->to_count, false, trace, fault);
    return error < 0 ? error : add_systems(decision, route, route->observe, route->observe_count, true, trace, fault);
}

/* Asks every route of the type; with a trace all are asked, so that the explanation is whole. */
static int collect_routes(const struct policy_type_rules *rules, const struct policy_query *query,
                          struct policy_decision *decision, const struct policy_trace *trace, struct truc_fault *fault)
{
    const struct policy_route *first = NULL, *second = NULL;
    for (uint32_t i = 0; rules != NULL && i < rules->routes_count; i++) {
        const struct policy_route *route = rules->routes[i];
        int result = route_takes(route, query, trace);
        if (result < 0)
            return fault_set(fault, result,
                             words_by(language_of(trace), N_("the payload can't be read for route '%s'")), route->name);
        if (result == 0)
            continue;
        if (first == NULL)
            first = route;
        else if (second == NULL)
            second = route;
        result = add_destinations(decision, route, trace, fault);
        if (result < 0)
            return result;
    }
    if (first == NULL)
        return fault_set(fault, TRUC_E_NO_ROUTE, words_by(language_of(trace), N_("no route takes %.*s from %s")),
                         BYTES_PRINTF(query->type), query->sender->id);
    if (query->kind == POLICY_KIND_REQUEST && second != NULL)
        return fault_set(fault, TRUC_E_AMBIGUOUS,
                         words_by(language_of(trace), N_("routes '%s' and '%s' both take this request")), first->name,
                         second->name);
    return 0;
}

/* Whether what is wrong refuses the whole message: the sender can mend a missing purpose, and a destination that no
 * agreement covers must not look served. What is wrong with an observer concerns that observer. */
static bool refuses_all(const struct policy_delivery *delivery, int error)
{
    return !delivery->observer && (error == TRUC_E_PURPOSE || error == TRUC_E_NO_AGREEMENT);
}

/* The delivery's agreement and outcome; the reason of an outcome that is not 0 in *ret_fault. */
static void authorise_delivery(const struct policy_type_rules *rules, const struct policy_query *query,
                               struct policy_delivery *delivery, const struct policy_trace *trace,
                               struct truc_fault *ret_fault)
{
    const struct policy_way way = {query->sender, delivery->to, query->kind == POLICY_KIND_REQUEST, delivery->observer};
    struct cover cover = find_cover(rules, &way, &query->header, query->now_ns, trace);
    delivery->agreement = cover.agreement;
    delivery->outcome = cover.error;
    if (cover.error == 0 && delivery->to->suspended)
        delivery->outcome =
            fault_set(&cover.fault, TRUC_E_SUSPENDED,
                      words_by(language_of(trace), delivery->observer ? N_("the observer %s is suspended")
                                                                      : N_("the destination %s is suspended")),
                      delivery->to->id);
    *ret_fault = cover.fault;
}

/* Finds the agreement of each destination. A lapse or suspension concerns that destination only, as long as another is
 * left. */
static int authorise_destinations(const struct policy_type_rules *rules, const struct policy_query *query,
                                  struct policy_decision *decision, const struct policy_trace *trace,
                                  struct truc_fault *fault)
{
    struct truc_fault first = {0}, one;
    for (uint32_t i = 0; i < decision->deliveries_count; i++) {
        struct policy_delivery *delivery = &decision->deliveries[i];
        authorise_delivery(rules, query, delivery, trace, &one);
        if (refuses_all(delivery, delivery->outcome)) {
            if (fault != NULL)
                *fault = one;
            return delivery->outcome;
        }
        if (delivery->observer)
            continue;
        if (delivery->outcome == 0)
            decision->outcomes_ok++;
        else if (first.code == 0)
            first = one;
    }
    if (decision->outcomes_ok > 0)
        return 0;
    if (fault != NULL)
        *fault = first;
    return first.code;
}

int policy_route(const struct policy *policy, const struct policy_query *query, struct policy_decision *ret_decision,
                 const struct policy_trace *trace, struct truc_fault *fault)
{
    if (query->sender->suspended)
        return fault_set(fault, TRUC_E_SUSPENDED, words_by(language_of(trace), N_("the sender %s is suspended")),
                         query->sender->id);
    const struct schema_message *message = schema_set_find_type(policy->schemas, query->type);
    if (message == NULL)
        return fault_set(fault, TRUC_E_UNKNOWN_TYPE, words_by(language_of(trace), N_("no schema has the type '%.*s'")),
                         BYTES_PRINTF(query->type));
    if ((int)message->kind != (int)query->kind) { /* same numbers on purpose: docs/protocol.md, "Header" */
        fault_set(fault, TRUC_E_HEADER,
                  words_by(language_of(trace), N_("%.*s is sent as another kind; the schema says %s")),
                  BYTES_PRINTF(query->type), schema_kind_text(message->kind));
        fault_where(fault, "kind");
        return TRUC_E_HEADER;
    }
    struct policy_decision decision;
    decision.message = message;
    decision.deliveries_count = decision.outcomes_ok = 0;
    /* An explanation names the others, too, and why they don't take it. */
    const struct policy_type_rules *rules =
        trace ? policy_rules_of_type(policy, query->type) : policy_rules_of_sender(policy, query->type, query->sender);
    int error = collect_routes(rules, query, &decision, trace, fault);
    if (error == 0)
        error = authorise_destinations(rules, query, &decision, trace, fault);
    if (error == 0)
        *ret_decision = decision;
    return error;
}

/* Agreements may outlive a change of role: they are terms, and name who they are between. */
static int check_takes_part(const struct policy_system *system, struct bytes id, struct truc_fault *fault)
{
    if (system == NULL)
        return fault_set(fault, TRUC_E_NOT_FOUND, "the system %.*s is no longer on the bus", BYTES_PRINTF(id));
    if (system->role != POLICY_ROLE_SYSTEM)
        return fault_set(fault, TRUC_E_NOT_FOUND, "%s is no longer a system of the bus: its role is %s", system->id,
                         policy_role_text(system));
    return 0;
}

int policy_authorise(const struct policy *policy, struct bytes sender_id, struct bytes destination_id,
                     struct bytes type, bool observer, uint64_t now_ns, const struct policy_agreement **ret_agreement,
                     struct truc_fault *fault)
{
    const struct policy_system *sender = policy_system_by_id(policy, sender_id);
    const struct policy_system *to = policy_system_by_id(policy, destination_id);
    if (check_takes_part(sender, sender_id, fault) < 0 || check_takes_part(to, destination_id, fault) < 0)
        return TRUC_E_NOT_FOUND;
    if (to->suspended)
        return fault_set(fault, TRUC_E_SUSPENDED, "the destination %s is suspended", to->id);
    const struct schema_message *message = schema_set_find_type(policy->schemas, type);
    if (message == NULL)
        return fault_set(fault, TRUC_E_UNKNOWN_TYPE, "no schema has the type '%.*s'", BYTES_PRINTF(type));
    const struct policy_way way = {sender, to, message->kind == SCHEMA_KIND_REQUEST, observer};
    struct cover cover = find_cover(policy_rules_of_sender(policy, type, sender), &way, NULL, now_ns, NULL);
    if (cover.error < 0) {
        if (fault != NULL)
            *fault = cover.fault;
        return cover.error;
    }
    *ret_agreement = cover.agreement;
    return 0;
}
