/* policy_load.c - the course of a load: find files, read them as typed values, build, check, index.
 * Not: the steps themselves (policy_build*.c, policy_check.c).
 * In the flow: see policy_load.h. */
#include "policy_load.h"

#include "policy_build.h"
#include "policy_check.h"
#include "text.h"

#include <stdio.h>
#include <stdlib.h>

enum { NAME_BYTES_MAX = 256 };

struct names {
    struct policy_build *build;
    const char *folder;
    const char **names; /* POLICY_FILES_MAX, relative to the configuration */
    uint32_t count;
};

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size > end_size && strcmp(text + size - end_size, end) == 0;
}

static int visit_name(void *context, const char *name)
{
    struct names *names = context;
    char path[NAME_BYTES_MAX];
    if (!text_is_utf8(bytes_string(name)) || text_has_control(bytes_string(name)) ||
        snprintf(path, sizeof path, "%s/%s", names->folder, name) >= (int)sizeof path) {
        policy_report_error(names->build->report, policy_spot_file(names->folder),
                            "a file name is over-long or not plain text");
        return 0;
    }
    if (ends_with(name, ".yml"))
        policy_report_error(names->build->report, policy_spot_file(path), "not read: its name must end in .yaml");
    if (!ends_with(name, ".yaml"))
        return 0; /* notes, back-up copies */
    if (names->count == POLICY_FILES_MAX) {
        policy_report_error(names->build->report, policy_spot_file(names->folder), "more than %d files",
                            POLICY_FILES_MAX);
        return TRUC_E_CONFIG;
    }
    const char *copy = arena_string(&names->build->scratch, bytes_string(path));
    if (copy == NULL)
        return TRUC_E_MEMORY;
    names->names[names->count++] = copy;
    return 0;
}

static int name_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The .yaml files of a folder in the order of their names. */
static int list_folder(struct policy_build *build, const char *folder, struct names *ret_names)
{
    struct names names = {.build = build, .folder = folder};
    names.names = arena_alloc_array(&build->scratch, POLICY_FILES_MAX, sizeof *names.names);
    if (names.names == NULL)
        return TRUC_E_MEMORY;
    struct truc_fault fault = {0};
    int error = build->reader->list(build->reader->context, folder, visit_name, &names, &fault);
    if (error == TRUC_E_MEMORY)
        return error;
    if (error < 0 && fault.code != 0)
        policy_report_fault(build->report, policy_spot_file(folder), &fault);
    qsort(names.names, names.count, sizeof *names.names, name_order);
    *ret_names = names;
    return 0;
}

/* One file into @ret_raw, which stays zero after mistakes. Only lack of memory ends the load. */
static int read_yaml(struct policy_build *build, const char *name, const struct yaml_object *object, void *ret_raw)
{
    struct bytes content;
    struct truc_fault fault = {0};
    int error = build_read_file(build, name, &content, &fault);
    if (error < 0 && error != TRUC_E_MEMORY)
        policy_report_fault(build->report, policy_spot_file(name), &fault);
    if (error < 0)
        return error == TRUC_E_MEMORY ? error : 0;
    struct yaml_node *root;
    error = yaml_document_read(&build->scratch, name, content, build->report, &root);
    if (error < 0)
        return error == TRUC_E_MEMORY ? error : 0;
    return yaml_typed_read(&build->scratch, object, root, build->report, ret_raw);
}

static int raw_system_order(const void *a, const void *b)
{
    const struct raw_system *x = *(struct raw_system *const *)a, *y = *(struct raw_system *const *)b;
    return strcmp(x->id.text, y->id.text);
}

static int read_systems(struct policy_build *build)
{
    struct names names;
    int error = list_folder(build, "systems", &names);
    if (error < 0)
        return error;
    build->raw_systems = arena_alloc_array(&build->scratch, names.count + 1u, sizeof *build->raw_systems);
    if (build->raw_systems == NULL)
        return TRUC_E_MEMORY;
    if (names.count > POLICY_SYSTEMS_MAX)
        policy_report_error(build->report, policy_spot_file("systems"), "more than %d systems", POLICY_SYSTEMS_MAX);
    for (uint32_t i = 0; i < names.count && i < POLICY_SYSTEMS_MAX; i++) {
        struct raw_system *raw = arena_alloc(&build->scratch, sizeof *raw);
        error = raw == NULL ? TRUC_E_MEMORY : read_yaml(build, names.names[i], &policy_system_file, raw);
        if (error < 0)
            return error;
        if (raw->id.node != NULL)
            build->raw_systems[build->systems_count++] = raw;
    }
    qsort(build->raw_systems, build->systems_count, sizeof *build->raw_systems, raw_system_order);
    return 0;
}

/* Pointers to the elements of each file's list, over all files of a folder. `list_at`: place of the typed_value that
 * holds the list in the file's struct. */
static int read_lists(struct policy_build *build, const char *folder, const struct yaml_object *file, size_t list_at,
                      uint32_t count_max, const char *more, void ***ret_elements, uint32_t *ret_count)
{
    struct names names;
    int error = list_folder(build, folder, &names);
    if (error < 0)
        return error;
    size_t element_size = file->keys[0].object->size;
    struct typed_value *lists = arena_alloc_array(&build->scratch, names.count + 1u, sizeof *lists);
    if (lists == NULL)
        return TRUC_E_MEMORY;
    uint32_t count = 0;
    for (uint32_t i = 0; i < names.count; i++) {
        char *raw = arena_alloc(&build->scratch, file->size);
        error = raw == NULL ? TRUC_E_MEMORY : read_yaml(build, names.names[i], file, raw);
        if (error < 0)
            return error;
        lists[i] = *(struct typed_value *)(void *)(raw + list_at);
        if (count + lists[i].count > count_max) {
            policy_report_error(build->report, policy_spot_file(names.names[i]), more, count_max);
            lists[i].count = 0;
        }
        count += lists[i].count;
    }
    void **elements = arena_alloc_array(&build->scratch, count + 1u, sizeof *elements);
    if (elements == NULL)
        return TRUC_E_MEMORY;
    uint32_t at = 0;
    for (uint32_t i = 0; i < names.count; i++)
        for (uint32_t j = 0; j < lists[i].count; j++)
            elements[at++] = (char *)lists[i].objects + element_size * j;
    *ret_elements = elements;
    *ret_count = count;
    return 0;
}

static int read_files(struct policy_build *build)
{
    int error = read_yaml(build, "bus.yaml", &policy_bus_file, &build->bus);
    if (error == 0)
        error = read_systems(build);
    if (error == 0)
        error = read_lists(build, "routes", &policy_routes_file, offsetof(struct raw_routes, routes), POLICY_ROUTES_MAX,
                           N_("more than %u routes in all files"), (void ***)(void *)&build->raw_routes,
                           &build->routes_count);
    if (error == 0)
        error = read_lists(build, "agreements", &policy_agreements_file, offsetof(struct raw_agreements, agreements),
                           POLICY_AGREEMENTS_MAX, N_("more than %u agreements in all files"),
                           (void ***)(void *)&build->raw_agreements, &build->agreements_count);
    return error;
}

/* The policy and its index live in the index's own arena; policy_free takes it out first. */
static int begin(struct policy_build *build)
{
    struct arena arena = {.used_bytes_max = POLICY_MEMORY_BYTES_MAX};
    struct policy *policy = arena_alloc(&arena, sizeof *policy);
    struct policy_index *index = arena_alloc(&arena, sizeof *index);
    if (policy == NULL || index == NULL) {
        arena_free(&arena);
        return TRUC_E_MEMORY;
    }
    index->arena = arena;
    policy->index = index;
    build->policy = policy;
    build->arena = &index->arena;
    build->scratch.used_bytes_max = POLICY_MEMORY_BYTES_MAX;
    build->files = arena_alloc_array(build->arena, POLICY_FILES_MAX, sizeof *build->files);
    return build->files == NULL ? TRUC_E_MEMORY : 0;
}

static int file_order(const void *a, const void *b)
{
    return strcmp(((const struct policy_file *)a)->name, ((const struct policy_file *)b)->name);
}

static int finish(struct policy_build *build)
{
    struct policy *policy = build->policy;
    qsort(build->files, build->files_count, sizeof *build->files, file_order);
    policy->files = build->files;
    policy->files_count = build->files_count;
    policy->hash = policy_hash_files(policy->files, policy->files_count);
    return policy_index_build(policy);
}

static int run_steps(struct policy_build *build)
{
    int (*const steps[])(struct policy_build *) = {
        begin, read_files, build_bus, build_schemas, build_systems, build_routes, build_agreements, policy_check,
    };
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        if (steps[i] == policy_check && build->options->was_in_force)
            continue;
        int error = steps[i](build);
        if (error < 0)
            return error;
    }
    if (build->report->failed != 0)
        return build->report->failed;
    return build->report->errors > 0 ? TRUC_E_CONFIG : finish(build);
}

int policy_load(const struct policy_reader *reader, const struct policy_load_options *options,
                struct policy **ret_policy, struct policy_report *report)
{
    struct policy_build build = {.reader = reader, .options = options, .report = report};
    int error = run_steps(&build);
    policy_report_sort(report);
    arena_free(&build.scratch);
    if (error < 0)
        policy_free(build.policy);
    else
        *ret_policy = build.policy;
    return error;
}
