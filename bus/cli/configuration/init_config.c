/* init_config.c - copies a configuration: its YAML files and their JSON Schema as they are, bus.yaml with the new id and address.
 * Not: other files. Keys and certificates are never copied: a new state directory has its own.
 * See init_plan.h for the flow. */
#include "cli_words.h"
#include "init_plan.h"

#include <stdio.h>
#include <string.h>

enum { CONFIG_DEPTH_MAX = 4, CONFIG_FILES_MAX = 4096 };

struct copying {
    struct init_plan *plan;
    struct truc_fault *fault;
    const char *folder; /* relative; "" for the top */
    int depth;
};

static int copy_entry(void *context, const char *name);

static int copy_folder(struct init_plan *plan, const char *relative, int depth, struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    struct copying copying = {plan, fault, relative, depth};
    if (depth > CONFIG_DEPTH_MAX)
        return fault_set(fault, TRUC_E_LIMIT, _("folders in %s are more than %d deep"), plan->source, CONFIG_DEPTH_MAX);
    int code = cli_path(path, fault, "%s/%s", plan->source, relative);
    return code < 0 ? code : cli_directory_list(path, copy_entry, &copying, fault);
}

static int copy_file(struct init_plan *plan, const char *relative, struct truc_fault *fault)
{
    char from[CLI_PATH_BYTES], root[CLI_PATH_BYTES], to[CLI_PATH_BYTES];
    BUFFER_CLEANUP struct buffer content = {0};
    if (++plan->config_files > CONFIG_FILES_MAX)
        return fault_set(fault, TRUC_E_LIMIT, _("%s holds more than %d files"), plan->source, CONFIG_FILES_MAX);
    int code = cli_path(from, fault, "%s/%s", plan->source, relative);
    if (code == 0)
        code = cli_path(root, fault, "%s/config", plan->root);
    if (code == 0)
        code = cli_path(to, fault, "%s/%s", root, relative);
    if (code == 0)
        code = cli_file_read(from, &content, fault);
    if (code == 0)
        code = cli_directories_for(root, relative, fault);
    return code < 0 ? code : cli_file_create(to, buffer_view(&content), 0644, fault);
}

static int copy_entry(void *context, const char *name)
{
    const struct copying *copying = context;
    char relative[CLI_PATH_BYTES], path[CLI_PATH_BYTES];
    size_t size = strlen(name);
    int code = cli_path(relative, copying->fault, "%s%s%s", copying->folder, *copying->folder ? "/" : "", name);
    if (code == 0)
        code = cli_path(path, copying->fault, "%s/%s", copying->plan->source, relative);
    if (code < 0)
        return code;
    if (cli_is_directory(path))
        return copy_folder(copying->plan, relative, copying->depth + 1, copying->fault);
    bool is_yaml = size > 5 && strcmp(name + size - 5, ".yaml") == 0 && strcmp(relative, "bus.yaml") != 0;
    if (!is_yaml && strcmp(relative, "truc.schema.json") != 0) /* editors complete and explain by it */
        return 0;
    return copy_file(copying->plan, relative, copying->fault);
}

/* Where a text of the file begins and ends, quotes included. Lines and columns count from 1, columns in characters. */
static void find_node(struct bytes file, const struct yaml_node *node, size_t *ret_begin, size_t *ret_end)
{
    size_t at = 0;
    for (uint32_t line = 1; line < node->line && at < file.size; at++)
        line += file.data[at] == '\n';
    for (uint32_t column = 1; column < node->column && at < file.size; column++)
        for (at++; at < file.size && (file.data[at] & 0xc0) == 0x80;)
            at++;
    *ret_begin = at;
    uint8_t quote = at < file.size ? file.data[at] : 0;
    if (!node->quoted || (quote != '"' && quote != '\'')) {
        *ret_end = at + node->text.size;
        return;
    }
    for (at++; at < file.size && file.data[at] != quote;)
        at++;
    *ret_end = at < file.size ? at + 1 : at;
}

struct edit {
    const struct yaml_node *node;
    const char *text;
};

/* The file with the nodes' texts replaced; the edits come in the order of the file. */
static void apply_edits(struct bytes file, const struct edit *edits, size_t count, struct buffer *out)
{
    size_t done = 0;
    for (size_t i = 0; i < count; i++) {
        size_t begin, end;
        find_node(file, edits[i].node, &begin, &end);
        buffer_append(out, file.data + done, begin - done);
        buffer_append_string(out, edits[i].text);
        done = end;
    }
    buffer_append(out, file.data + done, file.size - done);
}

static int make_bus_yaml(struct init_plan *plan, struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    BUFFER_CLEANUP struct buffer content = {0};
    const struct typed_value *listen = &plan->raw_bus.listen;
    struct edit edits[2] = {{plan->raw_bus.bus.node, plan->bus}, {listen->items[0], plan->listen}};
    if (listen->count > 1 && !bytes_equal_string(listen->items[0]->text, plan->listen))
        return fault_set(fault, TRUC_E_ARGUMENT,
                         _("bus.yaml listens at %u addresses; --listen replaces only a single one"), listen->count);
    if (edits[1].node->line < edits[0].node->line) {
        struct edit first = edits[1];
        edits[1] = edits[0];
        edits[0] = first;
    }
    apply_edits(buffer_view(&plan->bus_yaml), edits, 2, &content);
    if (buffer_failed(&content))
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for bus.yaml"));
    int code = cli_path(path, fault, "%s/config/bus.yaml", plan->root);
    plan->config_files++;
    return code < 0 ? code : cli_file_create(path, buffer_view(&content), 0644, fault);
}

static int copy_descriptors(struct init_plan *plan, struct truc_fault *fault)
{
    char root[CLI_PATH_BYTES], path[CLI_PATH_BYTES];
    BUFFER_CLEANUP struct buffer content = {0};
    int code = cli_path(root, fault, "%s/config", plan->root);
    if (code == 0)
        code = cli_path(path, fault, "%s/%s", root, plan->schemas_file);
    if (code == 0)
        code = cli_file_read(plan->descriptors, &content, fault);
    if (code < 0) {
        fault_hint(fault, _("name the descriptor set of the message schemas: --schemas FILE"));
        return code;
    }
    code = cli_directories_for(root, plan->schemas_file, fault);
    return code < 0 ? code : cli_file_create(path, buffer_view(&content), 0644, fault);
}

int init_make_config(struct init_plan *plan, struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    int code = cli_path(path, fault, "%s/config", plan->root);
    if (code == 0)
        code = cli_directory_create(path, 0755, fault);
    if (code == 0)
        code = copy_folder(plan, "", 1, fault);
    if (code == 0)
        code = make_bus_yaml(plan, fault);
    if (code == 0)
        code = copy_descriptors(plan, fault);
    return code;
}
