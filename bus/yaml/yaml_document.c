/* yaml_document.c - libyaml's events into a tree of nodes, refusing what the configuration language leaves out.
 * Not: libyaml's own document API, which resolves aliases and keeps no limits.
 * In the flow: see yaml_document.h. */
#include "yaml_document.h"

#include "text.h"

#include <yaml.h>

struct reader {
    struct arena *arena;
    struct policy_report *report;
    const char *file;
    struct bytes content;
    yaml_parser_t parser;
    struct yaml_node *stack[YAML_DEPTH_MAX]; /* open lists and maps */
    struct yaml_node *last[YAML_DEPTH_MAX];  /* the last item or key of each */
    bool key_open[YAML_DEPTH_MAX];           /* the last key still wants its value */
    uint32_t depth, nodes;
    struct yaml_node *root;
};

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (map == NULL || map->kind != YAML_MAP)
        return NULL;
    for (const struct yaml_node *node = map->first; node != NULL; node = node->next)
        if (bytes_equal_string(node->text, key))
            return node->value;
    return NULL;
}

static struct policy_spot spot_mark(const struct reader *reader, yaml_mark_t mark, uint32_t width)
{
    return (struct policy_spot){reader->file, (uint32_t)mark.line + 1, (uint32_t)mark.column + 1, width, true};
}

static uint32_t text_characters(struct bytes text)
{
    uint32_t count = 0;
    for (size_t i = 0; i < text.size && text.data[i] != '\n'; i++)
        count += (text.data[i] & 0xc0) != 0x80;
    return count;
}

/* Refuses an event that the language leaves out. */
static int refuse(struct reader *reader, const yaml_event_t *event, const char *what, const char *instead)
{
    struct policy_problem *problem =
        policy_report_error_text(reader->report, spot_mark(reader, event->start_mark, 1), what);
    policy_report_detail_text(reader->report, problem, instead);
    return TRUC_E_CONFIG;
}

static int refuse_duplicate(struct reader *reader, const struct yaml_node *key, const struct yaml_node *map)
{
    if (map->count == YAML_KEYS_MAX) {
        policy_report_error(reader->report, policy_spot_node(key), "more than %d keys in one map", YAML_KEYS_MAX);
        return TRUC_E_CONFIG;
    }
    for (const struct yaml_node *other = map->first; other != NULL; other = other->next) {
        if (!bytes_equal(other->text, key->text))
            continue;
        policy_report_error(reader->report, policy_spot_node(key), "'%s' is given twice; first on line %u",
                            (const char *)key->text.data, other->line);
        return TRUC_E_CONFIG;
    }
    return 0;
}

/* Hangs a new node into the list or map that is open, as an item, a key or a key's value. */
static int attach(struct reader *reader, struct yaml_node *node)
{
    if (reader->depth == 0) {
        reader->root = node;
        return 0;
    }
    uint32_t top = reader->depth - 1;
    struct yaml_node *parent = reader->stack[top];
    if (parent->kind == YAML_MAP && reader->key_open[top]) {
        reader->last[top]->value = node;
        reader->key_open[top] = false;
        return 0;
    }
    if (parent->kind == YAML_MAP) {
        if (node->kind != YAML_TEXT || bytes_equal_string(node->text, "<<")) {
            policy_report_error_text(reader->report, policy_spot_node(node),
                                     node->kind == YAML_TEXT ? N_("'<<' merges are not part of this language")
                                                             : N_("a key is a word"));
            return TRUC_E_CONFIG;
        }
        int error = refuse_duplicate(reader, node, parent);
        if (error < 0)
            return error;
        reader->key_open[top] = true;
    }
    if (reader->last[top] == NULL)
        parent->first = node;
    else
        reader->last[top]->next = node;
    reader->last[top] = node;
    parent->count++;
    return 0;
}

static int new_node(struct reader *reader, const yaml_event_t *event, enum yaml_kind kind, struct yaml_node **ret_node)
{
    if (++reader->nodes > YAML_NODES_MAX) {
        policy_report_error(reader->report, policy_spot_file(reader->file), "more than %d values in one file: split it",
                            YAML_NODES_MAX);
        return TRUC_E_CONFIG;
    }
    struct yaml_node *node = arena_alloc(reader->arena, sizeof *node);
    if (node == NULL)
        return TRUC_E_MEMORY;
    *node = (struct yaml_node){.kind = kind,
                               .file = reader->file,
                               .line = (uint32_t)event->start_mark.line + 1,
                               .column = (uint32_t)event->start_mark.column + 1,
                               .width = 1};
    *ret_node = node;
    return 0;
}

static int read_scalar(struct reader *reader, const yaml_event_t *event)
{
    if (event->data.scalar.anchor != NULL)
        return refuse(reader, event, N_("anchors (&) are not part of this language"),
                      N_("write the value out in each place"));
    if (event->data.scalar.tag != NULL)
        return refuse(reader, event, N_("tags (!) are not part of this language"),
                      N_("leave it out, or put the text into quotes"));
    struct bytes text = bytes_of(event->data.scalar.value, event->data.scalar.length);
    if (text.size > YAML_SCALAR_BYTES_MAX) {
        policy_report_error(reader->report, spot_mark(reader, event->start_mark, 1), "the text is longer than %d bytes",
                            YAML_SCALAR_BYTES_MAX);
        return TRUC_E_CONFIG;
    }
    if (text_has_control(text))
        return refuse(reader, event, N_("the text holds a control character or a line break"),
                      N_("write it on one line"));
    struct yaml_node *node;
    int error = new_node(reader, event, YAML_TEXT, &node);
    if (error < 0)
        return error;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    const char *copy = arena_string(reader->arena, text);
    if (copy == NULL)
        return TRUC_E_MEMORY;
    node->text = bytes_of(copy, text.size);
    uint32_t width = event->end_mark.line == event->start_mark.line
                         ? (uint32_t)(event->end_mark.column - event->start_mark.column)
                         : text_characters(text);
    node->width = width > 0 ? width : 1;
    return attach(reader, node);
}

static int open_collection(struct reader *reader, const yaml_event_t *event, enum yaml_kind kind)
{
    const yaml_char_t *anchor = kind == YAML_MAP ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    const yaml_char_t *tag = kind == YAML_MAP ? event->data.mapping_start.tag : event->data.sequence_start.tag;
    if (anchor != NULL)
        return refuse(reader, event, N_("anchors (&) are not part of this language"),
                      N_("write the value out in each place"));
    if (tag != NULL)
        return refuse(reader, event, N_("tags (!) are not part of this language"), N_("leave it out"));
    if (reader->depth == YAML_DEPTH_MAX)
        return refuse(reader, event, N_("nested too deeply"), N_("the language needs no more than a few levels"));
    struct yaml_node *node;
    int error = new_node(reader, event, kind, &node);
    if (error == 0)
        error = attach(reader, node);
    if (error < 0)
        return error;
    reader->stack[reader->depth] = node;
    reader->last[reader->depth] = NULL;
    reader->key_open[reader->depth] = false;
    reader->depth++;
    return 0;
}

/* 1 at the end of the stream, 0 to go on. */
static int take_event(struct reader *reader, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_STREAM_END_EVENT:
        return 1;
    case YAML_DOCUMENT_START_EVENT:
        if (reader->root != NULL)
            return refuse(reader, event, N_("a second document in one file"), N_("use one file for each"));
        return 0;
    case YAML_ALIAS_EVENT:
        return refuse(reader, event, N_("aliases (*) are not part of this language"),
                      N_("write the value out in each place"));
    case YAML_SCALAR_EVENT:
        return read_scalar(reader, event);
    case YAML_SEQUENCE_START_EVENT:
        return open_collection(reader, event, YAML_LIST);
    case YAML_MAPPING_START_EVENT:
        return open_collection(reader, event, YAML_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        reader->depth--;
        return 0;
    default: /* stream start, document end: nothing to keep */
        return 0;
    }
}

/* Whether the white space before a line's first word holds a tab; lines count from 0. */
static bool line_begins_with_tab(struct bytes content, size_t line)
{
    size_t i = 0;
    for (; i < content.size && line > 0; i++)
        line -= content.data[i] == '\n';
    while (i < content.size && content.data[i] == ' ')
        i++;
    return i < content.size && content.data[i] == '\t';
}

static int refuse_syntax(struct reader *reader)
{
    const yaml_parser_t *parser = &reader->parser;
    if (parser->error == YAML_MEMORY_ERROR)
        return TRUC_E_MEMORY;
    struct policy_spot spot = spot_mark(reader, parser->problem_mark, 1);
    if (parser->error == YAML_READER_ERROR) /* not text at all: libyaml names no line */
        spot = policy_spot_file(reader->file);
    struct policy_problem *problem = policy_report_error(
        reader->report, spot, "not YAML: %s",
        words_by(reader->report->translate, parser->problem != NULL ? parser->problem : N_("unreadable")));
    if (parser->context != NULL)
        policy_report_detail(reader->report, problem, "%s that began on line %zu",
                             words_by(reader->report->translate, parser->context), parser->context_mark.line + 1);
    if (line_begins_with_tab(reader->content, parser->problem_mark.line))
        policy_report_detail(reader->report, problem, "indent with spaces, not tabs");
    return TRUC_E_CONFIG;
}

static int read_events(struct reader *reader)
{
    for (;;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&reader->parser, &event))
            return refuse_syntax(reader);
        int result = take_event(reader, &event);
        yaml_event_delete(&event);
        if (result < 0)
            return result;
        if (result > 0)
            break;
    }
    if (reader->root == NULL) {
        policy_report_error(reader->report, policy_spot_file(reader->file), "the file is empty");
        return TRUC_E_CONFIG;
    }
    return 0;
}

int yaml_document_read(struct arena *arena, const char *file, struct bytes content, struct policy_report *report,
                       struct yaml_node **ret_root)
{
    *ret_root = NULL;
    policy_report_add_source(report, file, content);
    struct reader reader = {.arena = arena, .report = report, .content = content};
    reader.file = arena_string(arena, bytes_string(file));
    if (reader.file == NULL)
        return TRUC_E_MEMORY;
    if (content.size > YAML_BYTES_MAX) {
        policy_report_error(report, policy_spot_file(file), "larger than %d bytes: split it", YAML_BYTES_MAX);
        return TRUC_E_CONFIG;
    }
    if (!text_is_utf8(content)) {
        policy_report_error(report, policy_spot_file(file), "not UTF-8 text");
        return TRUC_E_CONFIG;
    }
    if (!yaml_parser_initialize(&reader.parser))
        return TRUC_E_MEMORY;
    yaml_parser_set_encoding(&reader.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&reader.parser, content.data != NULL ? content.data : (const uint8_t *)"",
                                 content.size);
    int error = read_events(&reader);
    yaml_parser_delete(&reader.parser);
    if (error == 0)
        *ret_root = reader.root;
    return error;
}
