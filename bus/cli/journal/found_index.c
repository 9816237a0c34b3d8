/* found_index.c - see found_index.h. Three ways, tried in this order: fill the file, which takes its lock; read the file and what is
 * missing in it; fill an index in memory, which always works and takes as long as the journal is.
 * A file that can't be used is never an error here: the journal has everything. */
#include "found_index.h"

#include "cli_file.h"
#include "cli_words.h"
#include "file_disk.h"

#include <errno.h>
#include <string.h>

static int path_of(const struct cli *cli, const struct cli_arguments *arguments, const char *ending,
                   char path[CLI_PATH_BYTES], struct truc_fault *fault)
{
    const char *named = cli_option_value(arguments, "index"), *journal = cli_option_value(arguments, "journal");
    if (named)
        return cli_path(path, fault, "%s%s", named, ending);
    return journal ? cli_path(path, fault, "%s/%s%s", journal, JOURNAL_INDEX_FILE, ending)
                   : cli_path(path, fault, "%s/journal/%s%s", cli->state, JOURNAL_INDEX_FILE, ending);
}

static void say_anew(const struct cli *cli)
{
    fputs(_("truc: the search index was damaged or not of this journal; it is made anew\n"), cli->err);
}

/* Everything, in batches; then tidied, so that the next search finds few runs. */
static int fill(const struct cli *cli, struct found_index *found, bool is_kept, struct truc_fault *fault)
{
    int code;
    while ((code = journal_index_catch_up(found->index, found->journal.journal, UINT64_MAX, JOURNAL_INDEX_BATCH_RECORDS,
                                          fault)) > 0)
        for (int more = is_kept; more > 0;)
            if ((more = journal_index_tidy(found->index, fault)) < 0)
                return more;
    if (code == 0 && is_kept && journal_index_started_over(found->index))
        say_anew(cli);
    return code;
}

static void close_index(struct found_index *found)
{
    journal_index_close(found->index);
    found->index = NULL;
}

/* 1: the file is up to date; 0: not this way. */
static int by_writing(const struct cli *cli, const struct cli_arguments *arguments, struct found_index *found,
                      const char *path, struct truc_fault *fault)
{
    char lock[CLI_PATH_BYTES];
    int code = path_of(cli, arguments, ".lock", lock, fault);
    if (code < 0 || (found->lock == NULL && disk_lock(file_disk(), lock, &found->lock) < 0))
        return code;
    code = journal_index_open(path, 0, &found->index, NULL);
    if (code == 0)
        code = fill(cli, found, true, fault);
    if (code < 0 && found->index && journal_index_is_damaged(found->index)) {
        close_index(found);
        code = journal_index_remove(path, fault);
        if (code == 0)
            code = journal_index_open(path, 0, &found->index, fault);
        if (code == 0)
            say_anew(cli);
        if (code == 0)
            code = fill(cli, found, true, fault);
    }
    if (code < 0)
        close_index(found);
    return code == TRUC_E_IO ? 0 : code < 0 ? code : 1;
}

/* 1: the file and what is missing in it; 0: not this way. */
static int by_reading(struct found_index *found, const char *path)
{
    if (journal_index_open(path, JOURNAL_INDEX_READ_ONLY, &found->index, NULL) == 0 &&
        journal_index_look_ahead(found->index, found->journal.journal, NULL) == 0)
        return 1;
    close_index(found);
    return 0;
}

static int in_memory(const struct cli *cli, struct found_index *found, struct truc_fault *fault)
{
    int code = journal_index_open("", 0, &found->index, fault);
    return code < 0 ? code : fill(cli, found, false, fault);
}

static int open_index(const struct cli *cli, const struct cli_arguments *arguments, struct found_index *found,
                      struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    const char *named = cli_option_value(arguments, "index");
    if (named && strcmp(named, ":memory:") == 0)
        return in_memory(cli, found, fault);
    int code = path_of(cli, arguments, "", path, fault);
    if (code == 0)
        code = by_writing(cli, arguments, found, path, fault);
    if (code == 0)
        code = by_reading(found, path);
    return code == 0 ? in_memory(cli, found, fault) : code < 0 ? code : 0;
}

int found_index_open(const struct cli *cli, const struct cli_arguments *arguments, struct found_index *found,
                     struct truc_fault *fault)
{
    int code = cli_journal_open_as_is(cli, arguments, &found->journal, fault);
    return code < 0 ? code : open_index(cli, arguments, found, fault);
}

int found_index_mend(const struct cli *cli, const struct cli_arguments *arguments, struct found_index *found,
                     struct truc_fault *fault)
{
    char path[CLI_PATH_BYTES];
    if (found->index == NULL || !journal_index_is_damaged(found->index))
        return 0;
    say_anew(cli);
    close_index(found);
    int code = path_of(cli, arguments, "", path, fault);
    if (code == 0 && found->lock)
        code = journal_index_remove(path, fault);
    if (code == 0)
        code = found->lock ? open_index(cli, arguments, found, fault) : in_memory(cli, found, fault);
    return code < 0 ? code : 1;
}

void found_index_close(struct found_index *found)
{
    journal_index_close(found->index);
    disk_close(found->lock);
    cli_journal_close(&found->journal);
    *found = (struct found_index){0};
}
