/* completion_words.c - the names of values in the command table are a language of their own: FILE is a file everywhere.
 * Not: a second table. A new command or option is completed because it is in the first one.
 * See completion_words.h. */
#include "completion_words.h"

#include "policy_language.h"

#include <truc/error.h>

static const char *const error_names[] = {
#define TRUC_ERROR(name, number, meaning, hint) #name,
#include <truc/error.def>
#undef TRUC_ERROR
};

static const struct {
    const char *value;
    enum completion_kind kind;
} named_kinds[] = {
    {"DIR", COMPLETION_FOLDERS},      {"CONFIGDIR", COMPLETION_FOLDERS}, {"FILE", COMPLETION_FILES},
    {"SYSTEM", COMPLETION_SYSTEMS},   {"TYPE", COMPLETION_TYPES},        {"ERROR", COMPLETION_WORDS},
    {"TOPIC", COMPLETION_WORDS},      {"COMMAND", COMPLETION_COMMANDS},  {"FORM", COMPLETION_WORDS},
    {"CONTEXT", COMPLETION_CONTEXTS},
};

void completion_clear(struct completion *completion)
{
    buffer_free(&completion->words);
    completion->kind = COMPLETION_NONE;
}

static void add_word(struct completion *completion, struct bytes word)
{
    if (completion->words.size)
        buffer_append_byte(&completion->words, ' ');
    buffer_append_bytes(&completion->words, word);
}

static int add_key(void *context, const struct policy_language_key *key)
{
    add_word(context, bytes_string(key->path));
    return 0;
}

static void split_words(struct bytes value, struct completion *completion)
{
    size_t from = 0;
    for (size_t at = 0; at <= value.size; at++)
        if (at == value.size || value.data[at] == '|') {
            add_word(completion, bytes_of(value.data + from, at - from));
            from = at + 1;
        }
    completion->kind = COMPLETION_WORDS;
}

void completion_of_value(struct bytes value, struct completion *completion)
{
    completion_clear(completion);
    if (value.size && memchr(value.data, '|', value.size)) {
        split_words(value, completion);
        return;
    }
    for (size_t i = 0; i < sizeof named_kinds / sizeof *named_kinds; i++)
        if (bytes_equal_string(value, named_kinds[i].value))
            completion->kind = named_kinds[i].kind;
    if (bytes_equal_string(value, "FORM"))
        split_words(bytes_string("text|json"), completion);
    bool is_topic = bytes_equal_string(value, "TOPIC"); /* of truc explain: an error, or a key of the configuration */
    for (size_t i = 0; (is_topic || bytes_equal_string(value, "ERROR")) && i < sizeof error_names / sizeof *error_names;
         i++)
        add_word(completion, bytes_string(error_names[i]));
    if (is_topic)
        (void)policy_language_each(add_key, completion);
}

void completion_of_operand(const struct cli_command *command, struct completion *completion)
{
    const char *usage = command->usage + (*command->usage == '[');
    completion_clear(completion);
    if (command->operands_max > 0)
        completion_of_value(bytes_of(usage, strcspn(usage, " ]")), completion);
}

static void append_first_word(void *context, struct bytes word, bool second)
{
    struct buffer *out = context;
    (void)second;
    buffer_append_bytes(out, word);
    buffer_append_byte(out, ' ');
}

void completion_append_values(const struct completion *completion, struct buffer *out)
{
    static const char *const notes[] = {
        [COMPLETION_NONE] = "none",           [COMPLETION_FOLDERS] = "folders", [COMPLETION_FILES] = "files",
        [COMPLETION_SYSTEMS] = "ask:systems", [COMPLETION_TYPES] = "ask:types", [COMPLETION_CONTEXTS] = "ask:contexts"};
    if (completion->kind == COMPLETION_COMMANDS)
        completion_each_first_word(append_first_word, out);
    else if (completion->kind == COMPLETION_WORDS)
        buffer_append_bytes(out, buffer_view(&completion->words));
    else
        buffer_append_string(out, notes[completion->kind]);
}

static bool is_seen(size_t commands, const char *name)
{
    for (size_t i = 0; i < commands; i++)
        for (const struct cli_option *option = cli_commands[i].options; option->name; option++)
            if (strcmp(option->name, name) == 0)
                return true;
    return false;
}

/* By name alone: an option is a flag in all commands or in none, which the table's test makes sure of. */
void completion_append_takes_value(struct buffer *out)
{
    buffer_append_string(out, "_truc_takes_value()\n{\n    case $1 in\n");
    for (const struct cli_option *option = cli_common_options; option->name; option++)
        if (option->value)
            buffer_printf(out, "    --%s) return 0 ;;\n", option->name);
    for (size_t i = 0; i < cli_commands_count; i++)
        for (const struct cli_option *option = cli_commands[i].options; option->name; option++)
            if (option->value && !is_seen(i, option->name))
                buffer_printf(out, "    --%s) return 0 ;;\n", option->name);
    buffer_append_string(out, "    *) return 1 ;;\n    esac\n}\n\n");
}

struct bytes completion_first_word(const struct cli_command *command)
{
    return bytes_of(command->path, strcspn(command->path, " "));
}

struct bytes completion_second_word(const struct cli_command *command)
{
    size_t size = strcspn(command->path, " ");
    return command->path[size] ? bytes_string(command->path + size + 1) : BYTES_EMPTY;
}

void completion_each_first_word(void (*visit)(void *context, struct bytes word, bool second), void *context)
{
    for (size_t i = 0; i < cli_commands_count; i++) {
        struct bytes word = completion_first_word(&cli_commands[i]);
        bool seen = false;
        for (size_t j = 0; j < i; j++)
            seen |= bytes_equal(word, completion_first_word(&cli_commands[j]));
        if (!seen)
            visit(context, word, completion_second_word(&cli_commands[i]).size > 0);
    }
}
