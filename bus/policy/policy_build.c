/* policy_build.c - from typed values to the policy's bus, routes and agreements, resolving every name.
 * Not: systems and keys (policy_build_system.c), predicates (policy_build_match.c), rules between them (policy_check.c).
 * In the flow: see policy_build.h. */
#include "policy_build.h"

#include "text.h"
#include "time_text.h"

const struct policy_system *build_find_system(struct policy_build *build, const struct yaml_node *node)
{
    if (node == NULL)
        return NULL;
    for (uint32_t i = 0; i < build->systems_count; i++)
        if (bytes_equal_string(node->text, build->systems[i].id))
            return &build->systems[i];
    struct policy_problem *problem = policy_report_error(build->report, policy_spot_node(node),
                                                         "there is no system '%s'", (const char *)node->text.data);
    const char *nearest = text_nearest(node->text, build->system_ids, build->systems_count);
    if (nearest != NULL)
        policy_report_did_you_mean(build->report, problem, nearest);
    else
        policy_report_detail(build->report, problem, "a system is a file: systems/%s.yaml",
                             (const char *)node->text.data);
    return NULL;
}

const struct schema_message *build_find_type(struct policy_build *build, const struct yaml_node *node)
{
    if (node == NULL || build->policy->schemas == NULL)
        return NULL;
    const struct schema_message *message = schema_set_find_type(build->policy->schemas, node->text);
    if (message != NULL)
        return message;
    struct policy_problem *problem = policy_report_error(build->report, policy_spot_node(node),
                                                         "no schema has the type '%s'", (const char *)node->text.data);
    const struct schema_message *nearest = schema_set_nearest_type(build->policy->schemas, node->text);
    policy_report_did_you_mean(build->report, problem, nearest == NULL ? NULL : nearest->type);
    policy_report_detail(build->report, problem, "the types: truc schema show");
    return NULL;
}

static uint64_t given_or(const struct typed_value *value, uint64_t otherwise)
{
    return value->node != NULL ? value->number : otherwise;
}

static void build_limits(struct policy_build *build)
{
    static const struct raw_limits nothing;
    const struct raw_limits *raw = build->bus.limits.objects != NULL ? build->bus.limits.objects : &nothing;
    build->policy->limits = (struct policy_limits){
        .message_bytes_max = (uint32_t)given_or(&raw->message_bytes, 1u << 20),
        .bundle_messages_max = (uint32_t)given_or(&raw->bundle_messages, POLICY_BUNDLE_MESSAGES_HARD_MAX),
        .sender_credit_bytes = given_or(&raw->sender_credit, 16ull << 20),
        .dedupe_window_ns = given_or(&raw->dedupe_window, 30ull * 86400 * TIME_NS_PER_S),
        .future_skew_ns = given_or(&raw->future_skew, 300 * TIME_NS_PER_S),
        .queue_messages_max = given_or(&raw->queue_messages, 5000000),
        .queue_bytes_max = given_or(&raw->queue_bytes, 64ull << 30),
        .blocked_keys_max = (uint32_t)given_or(&raw->blocked_keys, 4096),
        .sessions_max = (uint32_t)given_or(&raw->sessions, 256),
        .requests_open_max = (uint32_t)given_or(&raw->requests_open, 10000),
        .blob_bytes_max = given_or(&raw->blob_bytes, 1ull << 30),
        .blob_space_bytes = given_or(&raw->blob_space, 100ull << 30),
        .blob_uploads_max = (uint32_t)given_or(&raw->blob_uploads, 8),
        .blob_unfinished_ns = given_or(&raw->blob_unfinished, 86400 * TIME_NS_PER_S),
        .blob_unnamed_ns = given_or(&raw->blob_unnamed, 7ull * 86400 * TIME_NS_PER_S),
    };
    if (build->policy->limits.sender_credit_bytes < build->policy->limits.message_bytes_max)
        policy_report_error(build->report, policy_spot_node(build->bus.limits.node),
                            "'sender-credit' is smaller than the largest message ('message-bytes')");
}

static int build_listen(struct policy_build *build)
{
    const struct typed_value *listen = &build->bus.listen;
    if (listen->count > POLICY_LISTEN_MAX)
        policy_report_error(build->report, policy_spot_node(listen->node), "more than %d addresses", POLICY_LISTEN_MAX);
    const char **addresses = arena_alloc_array(build->arena, listen->count + 1u, sizeof *addresses);
    if (addresses == NULL)
        return TRUC_E_MEMORY;
    for (uint32_t i = 0; i < listen->count; i++) {
        const char *text = (const char *)listen->items[i]->text.data;
        const char *port = strrchr(text, ':');
        if (strncmp(text, "tcp://", 6) != 0 || port == NULL || port < text + 7 || port[1] == 0 ||
            (strspn(port + 1, "0123456789") != strlen(port + 1) && strcmp(port, ":*") != 0))
            policy_report_error(build->report, policy_spot_node(listen->items[i]),
                                "an address is tcp://ADDRESS:PORT, not '%s'", text);
        addresses[i] = build_keep(build, text);
        if (addresses[i] == NULL)
            return TRUC_E_MEMORY;
    }
    build->policy->listen = addresses;
    build->policy->listen_count = listen->count;
    return 0;
}

int build_bus(struct policy_build *build)
{
    build->policy->bus_id = build_keep(build, build->bus.bus.text);
    build->policy->title = build_keep(build, build->bus.title.text);
    if (build->policy->bus_id == NULL || build->policy->title == NULL)
        return TRUC_E_MEMORY;
    build->policy->sandbox = build->bus.sandbox.number != 0;
    if (build->bus.node == NULL)
        return 0; /* unreadable: said already */
    build_limits(build);
    return build_listen(build);
}

int build_schemas(struct policy_build *build)
{
    const struct typed_value *file = &build->bus.schemas;
    build->policy->schemas = build->options->schemas;
    if (build->policy->schemas != NULL || file->node == NULL)
        return 0;
    struct bytes content = BYTES_EMPTY;
    struct truc_fault fault = {0};
    int error = build_read_file(build, file->text, &content, &fault);
    if (error < 0 && error != TRUC_E_MEMORY)
        policy_report_fault(build->report, policy_spot_node(file->node), &fault);
    if (error == 0 && (error = schema_set_load(content, &build->policy->index->schemas_owned, &fault)) < 0 &&
        error != TRUC_E_MEMORY)
        policy_report_library(build->report, policy_spot_node(file->node), N_("the schemas in this file can't be used"),
                              "", &fault);
    build->policy->schemas = build->policy->index->schemas_owned;
    build->policy->descriptors = error == 0 ? content : BYTES_EMPTY;
    return error == TRUC_E_MEMORY ? error : 0;
}

/* A list of system ids; unknown ones are left out after being noted. */
int build_system_list(struct policy_build *build, const struct typed_value *ids,
                      const struct policy_system *const **ret_systems, uint32_t *ret_count)
{
    const struct policy_system **systems = arena_alloc_array(build->arena, ids->count + 1u, sizeof *systems);
    if (systems == NULL)
        return TRUC_E_MEMORY;
    uint32_t count = 0;
    for (uint32_t i = 0; i < ids->count; i++) {
        const struct policy_system *system = build_find_system(build, ids->items[i]);
        if (system != NULL)
            systems[count++] = system;
    }
    *ret_systems = systems;
    *ret_count = count;
    return 0;
}

static struct policy_retry build_retry(struct policy_build *build, const struct typed_value *given)
{
    static const struct raw_retry nothing;
    const struct raw_retry *raw = given->objects != NULL ? given->objects : &nothing;
    struct policy_retry retry = {
        .first_ns = given_or(&raw->first, TIME_NS_PER_S),
        .factor_percent = (uint32_t)given_or(&raw->factor, 200),
        .at_most_ns = given_or(&raw->at_most, 300 * TIME_NS_PER_S),
        .for_ns = given_or(&raw->give_up_after, 86400 * TIME_NS_PER_S),
    };
    if (raw->at_most.node == NULL && retry.at_most_ns < retry.first_ns)
        retry.at_most_ns = retry.first_ns;
    if (retry.at_most_ns < retry.first_ns)
        policy_report_error(build->report, policy_spot_node(raw->at_most.node), "'at-most' is shorter than 'first'");
    return retry;
}

static int build_route(struct policy_build *build, const struct raw_route *raw, struct policy_route *route)
{
    static const enum policy_order orders[] = {POLICY_ORDER_SUBJECT, POLICY_ORDER_SUBJECT, POLICY_ORDER_KEY,
                                               POLICY_ORDER_NONE};
    route->name = build_keep(build, raw->name.text);
    route->title = build_keep(build, raw->title.text);
    route->type = build_keep(build, raw->type.text);
    if (route->name == NULL || route->title == NULL || route->type == NULL)
        return TRUC_E_MEMORY;
    route->place = build_place(build, raw->node);
    route->message = build_find_type(build, raw->type.node);
    if (route->message != NULL)
        route->kind = (enum policy_kind)route->message->kind; /* same numbers; a bus type is never a part or a reply */
    route->order = orders[raw->order_by.number];
    route->retry = build_retry(build, &raw->retry);
    route->within_ns = raw->within.number;
    route->expire_ns = raw->expire.number;
    int error = build_system_list(build, &raw->from, &route->from, &route->from_count);
    if (error == 0)
        error = build_system_list(build, &raw->to, &route->to, &route->to_count);
    if (error == 0)
        error = build_system_list(build, &raw->observe, &route->observe, &route->observe_count);
    if (error == 0 && raw->match.node != NULL && route->message != NULL)
        error = build_matches(build, raw->match.node, route);
    return error;
}

int build_routes(struct policy_build *build)
{
    build->routes = arena_alloc_array(build->arena, build->routes_count + 1u, sizeof *build->routes);
    if (build->routes == NULL)
        return TRUC_E_MEMORY;
    for (uint32_t i = 0; i < build->routes_count; i++) {
        build->routes[i].index = i;
        int error = build_route(build, build->raw_routes[i], &build->routes[i]);
        if (error < 0)
            return error;
    }
    build->policy->routes = build->routes;
    build->policy->routes_count = build->routes_count;
    return 0;
}

static int build_types(struct policy_build *build, const struct typed_value *types, struct policy_agreement *agreement)
{
    const char **names = arena_alloc_array(build->arena, types->count + 1u, sizeof *names);
    const struct schema_message **messages = arena_alloc_array(build->arena, types->count + 1u, sizeof *messages);
    if (names == NULL || messages == NULL)
        return TRUC_E_MEMORY;
    uint32_t count = 0;
    for (uint32_t i = 0; i < types->count; i++) {
        messages[count] = build_find_type(build, types->items[i]);
        if (messages[count] == NULL)
            continue;
        names[count] = build_keep(build, (const char *)types->items[i]->text.data);
        if (names[count++] == NULL)
            return TRUC_E_MEMORY;
    }
    agreement->types = names;
    agreement->messages = messages;
    agreement->types_count = count;
    return 0;
}

/* Compiles one path against the reply of one type. */
static void build_reply_path(struct policy_build *build, const struct schema_message *message,
                             const struct yaml_node *node, struct schema_path *ret_path)
{
    if (message->reply == NULL) {
        policy_report_error(build->report, policy_spot_node(node),
                            "%s has no reply, so 'reply-fields' means nothing for it", message->type);
        return;
    }
    if (schema_path_compile(message->reply, node->text, ret_path, NULL) == 0)
        return;
    struct policy_problem *problem =
        policy_report_error(build->report, policy_spot_node(node), "the reply of %s has no field '%s'", message->type,
                            (const char *)node->text.data);
    build_suggest_field(build, problem, message->reply, node->text);
    policy_report_detail(build->report, problem, "its fields: truc schema show %s", message->type);
}

static int build_reply_fields(struct policy_build *build, const struct typed_value *fields,
                              struct policy_agreement *agreement)
{
    const char **names = arena_alloc_array(build->arena, fields->count + 1u, sizeof *names);
    struct schema_path *paths =
        arena_alloc_array(build->arena, (size_t)fields->count * agreement->types_count + 1u, sizeof *paths);
    if (names == NULL || paths == NULL)
        return TRUC_E_MEMORY;
    for (uint32_t i = 0; i < fields->count; i++) {
        names[i] = build_keep(build, (const char *)fields->items[i]->text.data);
        if (names[i] == NULL)
            return TRUC_E_MEMORY;
        for (uint32_t t = 0; t < agreement->types_count; t++)
            build_reply_path(build, agreement->messages[t], fields->items[i], &paths[(size_t)t * fields->count + i]);
    }
    agreement->reply_fields = names;
    agreement->reply_fields_count = fields->count;
    agreement->reply_paths = paths;
    return 0;
}

static struct policy_rate build_rate(const struct typed_value *rate)
{
    return (struct policy_rate){(uint32_t)rate->number, rate->span_ns};
}

static void build_terms(const struct raw_agreement *raw, struct policy_agreement *agreement)
{
    const struct raw_rate *rate = raw->rate.objects;
    if (rate != NULL) {
        agreement->rate_total = build_rate(&rate->total);
        agreement->rate_per_officer = build_rate(&rate->per_officer);
    }
    const struct raw_valid *valid = raw->valid.objects;
    agreement->valid_until_ns = POLICY_NEVER;
    if (valid == NULL)
        return;
    agreement->valid_from_ns = valid->from.number;
    if (valid->until.node != NULL) /* the whole last day counts; Vietnam has no daylight saving time */
        agreement->valid_until_ns = valid->until.number + 86400 * TIME_NS_PER_S;
}

static int build_agreement(struct policy_build *build, const struct raw_agreement *raw,
                           struct policy_agreement *agreement)
{
    agreement->name = build_keep(build, raw->name.text);
    agreement->purpose = build_keep(build, raw->purpose.text);
    agreement->legal_basis = build_keep(build, raw->legal_basis.text);
    if (agreement->name == NULL || agreement->purpose == NULL || agreement->legal_basis == NULL)
        return TRUC_E_MEMORY;
    agreement->place = build_place(build, raw->node);
    agreement->provider = build_find_system(build, raw->provider.node);
    agreement->consumer = build_find_system(build, raw->consumer.node);
    agreement->basis = (enum policy_basis)raw->basis.number;
    agreement->observes = raw->observes.number != 0;
    agreement->requires = (uint32_t)raw->requires.number;
    build_terms(raw, agreement);
    int error = build_types(build, &raw->types, agreement);
    return error < 0 ? error : build_reply_fields(build, &raw->reply_fields, agreement);
}

int build_agreements(struct policy_build *build)
{
    build->agreements = arena_alloc_array(build->arena, build->agreements_count + 1u, sizeof *build->agreements);
    if (build->agreements == NULL)
        return TRUC_E_MEMORY;
    for (uint32_t i = 0; i < build->agreements_count; i++) {
        build->agreements[i].index = i;
        int error = build_agreement(build, build->raw_agreements[i], &build->agreements[i]);
        if (error < 0)
            return error;
    }
    build->policy->agreements = build->agreements;
    build->policy->agreements_count = build->agreements_count;
    return 0;
}
