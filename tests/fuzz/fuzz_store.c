/* fuzz_store.c - edits of the SDK's two files, inbox and outbox, as damage or a stranger would make them (adapters/sdk/store).
 * What they hold is read to its end, or the error is told; what the outbox gives is taken by a session or refused.
 * A fuzz target, see fuzz.h: an odd first byte means the outbox; then come edits. */
#include "fuzz_folder.h"
#include "fuzz_session.h"
#include "inbox.h"
#include "outbox.h"

enum { ENTRIES = 8, NOW_NS = 1000, FILE_BYTES_MAX = 65536 };
static char inbox_path[96], outbox_path[96];
static struct buffer inbox_content, outbox_content; /* of the files as they were made */

static void forget(void)
{
    buffer_free(&inbox_content);
    buffer_free(&outbox_content);
}

static void read_file(const char *path, struct buffer *out)
{
    static uint8_t room[FILE_BYTES_MAX + 1];
    FILE *file = fopen(path, "rb");
    FUZZ_REQUIRE(file != NULL);
    size_t size = fread(room, 1, sizeof room, file);
    FUZZ_REQUIRE(size > 0 && size <= FILE_BYTES_MAX && fclose(file) == 0);
    buffer_append(out, room, size);
    FUZZ_REQUIRE(!buffer_failed(out));
}

static void write_file(const char *path, struct bytes content)
{
    FILE *file = fopen(path, "wb");
    FUZZ_REQUIRE(file != NULL && fwrite(content.data, 1, content.size, file) == content.size && fclose(file) == 0);
}

static struct inbox_key key(const char *id)
{
    return (struct inbox_key){bytes_string("portal"), bytes_string(id)};
}

static void fill_inbox(void)
{
    static const struct inbox_entry entries[] = {
        {.state = INBOX_STARTED},
        {.state = INBOX_SETTLED, .outcome = SETTLED_REJECT, .code = 3, .reason = {(const uint8_t *)"r", 1}},
        {.state = INBOX_REPLIED, .outcome = SETTLED_DONE, .reply = {(const uint8_t *)"yes", 3}, .reply_time_ns = 5},
    };
    struct inbox *inbox = NULL;
    char id[] = "m0";
    FUZZ_REQUIRE(inbox_open_file(inbox_path, &inbox, NULL) == 0);
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++, id[1]++) {
        struct inbox_key name = key(id);
        FUZZ_REQUIRE(inbox_put(inbox, &name, &entries[i], NOW_NS, NULL) == 0);
    }
    FUZZ_REQUIRE(inbox_commit(inbox, NULL) == 0);
    inbox_close(inbox);
}

/* What a session composes, so that the bytes are those of a message. */
static void fill_outbox(void)
{
    struct session *session = fuzz_session((struct session_time){0});
    struct outbox *outbox = NULL;
    char id[] = "m0";
    FUZZ_REQUIRE(outbox_open(outbox_path, FUZZ_SESSION_BUS, FUZZ_SESSION_SYSTEM, &outbox, NULL) == 0);
    for (unsigned i = 0; i < 3; i++, id[1]++) {
        struct message message;
        struct header header = {.id = bytes_string(id),
                                .type = bytes_string("dossier.received"),
                                .time_ns = NOW_NS,
                                .kind = HEADER_EVENT,
                                .classification = HEADER_NOT_SECRET};
        FUZZ_REQUIRE(session_compose(session, &header, bytes_string("one"), &message, NULL) == 0);
        FUZZ_REQUIRE(outbox_put(outbox, header.id, &message, NULL) == 0);
    }
    FUZZ_REQUIRE(outbox_set_aside(outbox, bytes_string("m0"), TRUC_E_NO_ROUTE, bytes_string("t"), NOW_NS, NULL) == 0);
    FUZZ_REQUIRE(outbox_commit(outbox, NULL) == 0);
    outbox_close(outbox);
    session_free(session);
}

static void make_files(void)
{
    if (inbox_path[0] != '\0')
        return;
    const char *folder = fuzz_folder_make();
    (void)snprintf(inbox_path, sizeof inbox_path, "%s/inbox", folder);
    (void)snprintf(outbox_path, sizeof outbox_path, "%s/outbox", folder);
    fill_inbox();
    fill_outbox();
    read_file(inbox_path, &inbox_content);
    read_file(outbox_path, &outbox_content);
    FUZZ_REQUIRE(atexit(forget) == 0);
}

static bool is_told(int code, const struct truc_fault *fault)
{
    return code >= 0 || (fault->code == code && fault->text[0] != '\0');
}

static void try_inbox(void)
{
    struct inbox *inbox = NULL;
    struct truc_fault fault = {0};
    struct inbox_entry entry;
    char id[] = "m0";
    int code = inbox_open_file(inbox_path, &inbox, &fault);
    FUZZ_REQUIRE(is_told(code, &fault));
    if (code < 0)
        return;
    for (unsigned i = 0; i < ENTRIES; i++, id[1]++) {
        struct inbox_key name = key(id);
        code = inbox_find(inbox, &name, &entry, &fault);
        FUZZ_REQUIRE(is_told(code, &fault));
        if (code == 0)
            (void)sha256_of(entry.reply); /* all of it can be read */
        code = inbox_put(inbox, &name, &(struct inbox_entry){.state = INBOX_STARTED}, NOW_NS, &fault);
        FUZZ_REQUIRE(is_told(code, &fault));
    }
    FUZZ_REQUIRE(is_told(inbox_purge(inbox, NOW_NS + 1, &fault), &fault));
    FUZZ_REQUIRE(is_told(inbox_commit(inbox, &fault), &fault));
    inbox_close(inbox);
}

static void publish_all(struct outbox *outbox, struct session *session)
{
    struct truc_fault fault = {0};
    struct message message;
    int64_t position = 0, before = 0;
    int more;
    while ((more = outbox_next(outbox, &position, &message, &fault)) > 0) {
        FUZZ_REQUIRE(position > before);
        before = position;
        int code = session_publish_composed(session, &message, true, NULL, &fault);
        FUZZ_REQUIRE(code != TRUC_E_MEMORY && is_told(code, &fault));
    }
    FUZZ_REQUIRE(is_told(more, &fault));
}

static void try_outbox(void)
{
    struct outbox *outbox = NULL;
    struct truc_fault fault = {0};
    struct outbox_aside aside;
    int64_t position = 0;
    int code = outbox_open(outbox_path, FUZZ_SESSION_BUS, FUZZ_SESSION_SYSTEM, &outbox, &fault);
    FUZZ_REQUIRE(is_told(code, &fault));
    if (code < 0)
        return;
    struct session *session = fuzz_session((struct session_time){0});
    publish_all(outbox, session);
    while ((code = outbox_aside_next(outbox, &position, &aside, &fault)) > 0)
        (void)sha256_of(aside.message.payload);
    FUZZ_REQUIRE(is_told(code, &fault));
    FUZZ_REQUIRE(is_told(outbox_let_go(outbox, bytes_string("m0"), &fault), &fault));
    FUZZ_REQUIRE(is_told(outbox_remove(outbox, bytes_string("m1"), &fault), &fault));
    FUZZ_REQUIRE(is_told(outbox_commit(outbox, &fault), &fault));
    outbox_close(outbox);
    session_free(session);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    BUFFER_CLEANUP struct buffer content = {0};
    make_files();
    if (size < 1)
        return 0;
    bool is_outbox = data[0] % 2 == 1;
    buffer_append_bytes(&content, buffer_view(is_outbox ? &outbox_content : &inbox_content));
    FUZZ_REQUIRE(!buffer_failed(&content));
    fuzz_edit(bytes_of(data + 1, size - 1), content.data, content.size);
    fuzz_folder_empty();
    write_file(is_outbox ? outbox_path : inbox_path, buffer_view(&content));
    if (is_outbox)
        try_outbox();
    else
        try_inbox();
    return 0;
}
