/* policy_build_parts.c - what every step of the building takes from the files: bytes, copies, places, certificates.
 * Not what they mean.
 * In the flow: below the steps of policy_build.h. */
#include "policy_build.h"

int build_read_file(struct policy_build *build, const char *name, struct bytes *ret_content, struct truc_fault *fault)
{
    for (uint32_t i = 0; i < build->files_count; i++) {
        if (strcmp(build->files[i].name, name) != 0)
            continue;
        *ret_content = build->files[i].content;
        return 0;
    }
    if (build->files_count == POLICY_FILES_MAX)
        return fault_set(fault, TRUC_E_LIMIT, words_by(build->report->translate, N_("more than %d files")),
                         POLICY_FILES_MAX);
    struct buffer content BUFFER_CLEANUP = {.size_max = POLICY_FILE_BYTES_MAX + 128 * 1024};
    int error = build->reader->read(build->reader->context, name, &content, fault);
    if (error < 0)
        return error;
    struct policy_file file = {arena_string(build->arena, bytes_string(name)),
                               arena_copy(build->arena, buffer_view(&content))};
    if (file.name == NULL || (file.content.data == NULL && file.content.size > 0))
        return TRUC_E_MEMORY;
    build->files[build->files_count++] = file;
    *ret_content = file.content;
    return 0;
}

const char *build_keep(struct policy_build *build, const char *text)
{
    return arena_string(build->arena, bytes_string(text == NULL ? "" : text));
}

struct policy_place build_place(const struct policy_build *build, const struct yaml_node *node)
{
    for (uint32_t i = 0; i < build->files_count; i++)
        if (strcmp(build->files[i].name, node->file) == 0)
            return (struct policy_place){build->files[i].name, node->line, node->column};
    return (struct policy_place){"", 0, 0};
}

int build_read_key_file(struct policy_build *build, const struct yaml_node *node, struct bytes *ret_content)
{
    struct truc_fault fault = {0};
    int error = build_read_file(build, (const char *)node->text.data, ret_content, &fault);
    if (error == 0 || error == TRUC_E_MEMORY)
        return error == 0 ? 1 : error;
    if (error != TRUC_E_NOT_FOUND || !build->options->allow_missing_keys)
        policy_report_fault(build->report, policy_spot_node(node), &fault);
    return 0;
}

void build_suggest_field(struct policy_build *build, struct policy_problem *problem,
                         const struct schema_message *message, struct bytes path)
{
    const struct schema_field *near = schema_path_nearest(message, path);
    if (near != NULL && near->title[0] != '\0')
        policy_report_detail(build->report, problem, "did you mean '%s' (%s, \"%s\")?", near->name,
                             schema_type_text(near->type), near->title);
    else if (near != NULL)
        policy_report_detail(build->report, problem, "did you mean '%s' (%s)?", near->name,
                             schema_type_text(near->type));
}

struct policy_spot build_certificate_spot(const struct policy_build *build, const struct certificate *certificate)
{
    return policy_spot_node(build->certificate_nodes[certificate - build->policy->index->certificates]);
}

int build_parse_key_file(struct policy_build *build, const struct yaml_node *node, build_parse_fn *parse,
                         const char *wrong, void *into)
{
    struct bytes content;
    struct truc_fault fault = {0};
    int result = build_read_key_file(build, node, &content);
    if (result <= 0)
        return result;
    result = parse(content, into, &fault);
    if (result < 0 && result != TRUC_E_MEMORY)
        policy_report_library(build->report, policy_spot_node(node), wrong, "", &fault);
    return result == 0 ? 1 : result == TRUC_E_MEMORY ? result : 0;
}

static int parse_certificate(struct bytes pem, void *into, struct truc_fault *fault)
{
    return certificate_from_pem(pem, into, fault);
}

int build_certificate(struct policy_build *build, const struct yaml_node *node,
                      const struct certificate **ret_certificate)
{
    struct policy_index *index = build->policy->index;
    struct certificate *certificate = &index->certificates[index->certificates_count];
    *ret_certificate = NULL;
    int result = build_parse_key_file(build, node, parse_certificate,
                                      N_("this file holds no certificate that can be used"), certificate);
    if (result <= 0)
        return result;
    build->certificate_nodes[index->certificates_count++] = node;
    *ret_certificate = certificate;
    return 0;
}
