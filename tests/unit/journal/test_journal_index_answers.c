/* test_journal_index_answers.c - whatever is journaled, whenever it was taken in, merged, interrupted or damaged: the search index answers
 * as a list of all messages does. The list is the test's own; the journals are random, of many segments, and read as they are.
 * Each promise also fails: an index that is asked before it looks ahead does not know the newest. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command.h"
#include "header.h"
#include "journal_fixture.h"
#include "journal_index.h"
#include "journal_index_private.h"
#include "protobuf_wire.h"
#include "record.h"

enum { MESSAGES_MAX = 1500, DELIVERIES_MAX = 3, ROWS_MAX = MESSAGES_MAX * DELIVERIES_MAX };

static const uint64_t start_ns = 1795000000000000000ull;
static const char *const subjects[] = {"H56-1", "H56-2", "H56-3", "công dân 038912345678", "H56-5", ""};
static const char *const dossiers[] = {"H56.14-1", "H56.14-2", "H56-1", "", ""};
static const char *const types[] = {"dossier.submitted", "dossier.result", "citizen.verify", "rare.type"};
static const char *const senders[] = {"portal", "onestop", "edoc"};
static const char *const systems[] = {"ioc", "onestop", "lgsp", "edoc"};

/* ---- the list ---- */

struct listed_delivery {
    const char *destination;
    enum journal_index_outcome outcome;
    uint64_t outcome_sequence;
    uint32_t code;
};

struct listed {
    uint64_t sequence, time_ns;
    char id[16];
    const char *subject, *dossier, *type, *sender;
    uint8_t person;
    bool erased;
    uint64_t shown;
    struct listed_delivery deliveries[DELIVERIES_MAX];
    size_t count;
};

struct world {
    struct journal_fixture fixture;
    struct journal *journal;
    struct journal *reader; /* the same disk, as it is */
    uint64_t random;
    struct listed messages[MESSAGES_MAX];
    size_t count;
    uint64_t now_ns;
    char folder[64], path[96];
};

static uint64_t draw(struct world *world, uint64_t below)
{
    world->random = world->random * 6364136223846793005ull + 1442695040888963407ull;
    return (world->random >> 33) % below;
}
#define DRAW(world, texts) texts[draw(world, COUNT_OF(texts))]

static uint64_t append(struct world *world, enum record_kind kind, struct bytes body)
{
    /* Now and then the clock goes back, as it does when an operator accepts a jump. */
    world->now_ns = draw(world, 200) ? world->now_ns + draw(world, 1000000000) : world->now_ns - 5000000000;
    struct journal_entry entry = {.kind = (uint16_t)kind, .time_ns = world->now_ns, .body = body};
    struct journal_group group = {&entry, 1, entry.time_ns, 0};
    assert_int_equal(journal_append_group(world->journal, &group, NULL), 0);
    return journal_next_sequence(world->journal) - 1;
}

static struct bytes person_hash(uint8_t person, uint8_t hash[SHA256_BYTES])
{
    memset(hash, person, SHA256_BYTES);
    return bytes_of(hash, SHA256_BYTES);
}

static void accept(struct world *world)
{
    static const uint8_t digest[SHA256_BYTES];
    uint8_t hash[SHA256_BYTES];
    BUFFER_CLEANUP struct buffer encoded = {0}, destinations = {0}, persons = {0}, body = {0};
    struct listed *listed = &world->messages[world->count];
    *listed = (struct listed){.subject = DRAW(world, subjects),
                              .dossier = DRAW(world, dossiers),
                              .type = draw(world, 300) ? types[draw(world, 3)] : types[3],
                              .sender = DRAW(world, senders),
                              .person = (uint8_t)(1 + draw(world, 5)),
                              .count = 1 + draw(world, DELIVERIES_MAX)};
    (void)snprintf(listed->id, sizeof(listed->id), "id-%zu", world->count - draw(world, 10) % (world->count + 1));
    struct header header = {.id = bytes_string(listed->id),
                            .source = bytes_string(listed->sender),
                            .type = bytes_string(listed->type),
                            .subject = bytes_string(listed->subject),
                            .time_ns = start_ns,
                            .kind = HEADER_EVENT,
                            .urgency = 1,
                            .classification = HEADER_NOT_SECRET,
                            .purpose = {.dossier = bytes_string(listed->dossier)},
                            .payload_digest = bytes_of(digest, sizeof(digest))};
    header_encode(&header, NULL, 0, &encoded);
    size_t first = draw(world, COUNT_OF(systems));
    for (size_t i = 0; i < listed->count; i++) {
        uint32_t outcome = draw(world, 40) ? 0 : 71;
        listed->deliveries[i] =
            (struct listed_delivery){.destination = systems[(first + i) % COUNT_OF(systems)],
                                     .outcome = outcome ? INDEX_OUTCOME_DEAD : INDEX_OUTCOME_WAITING,
                                     .code = outcome};
        struct record_destination destination = {.system = bytes_string(listed->deliveries[i].destination),
                                                 .route = bytes_string("a-route"),
                                                 .outcome = outcome};
        record_destination_append(&destinations, &destination);
    }
    struct record_person person = {.epoch = 1, .hash = person_hash(listed->person, hash)};
    record_person_append(&persons, &person);
    struct record_accepted accepted = {
        .header = buffer_view(&encoded), .destinations = buffer_view(&destinations), .persons = buffer_view(&persons)};
    record_accepted_encode(&accepted, &body);
    listed->sequence = append(world, RECORD_ACCEPTED, buffer_view(&body));
    listed->time_ns = world->now_ns;
    for (size_t i = 0; i < listed->count; i++)
        if (listed->deliveries[i].outcome != INDEX_OUTCOME_WAITING)
            listed->deliveries[i].outcome_sequence = listed->sequence;
    world->count++;
}

static void refuse(struct world *world)
{
    BUFFER_CLEANUP struct buffer body = {0};
    struct listed *listed = &world->messages[world->count];
    *listed = (struct listed){.subject = DRAW(world, subjects),
                              .dossier = "",
                              .type = DRAW(world, types),
                              .sender = DRAW(world, senders),
                              .count = 1,
                              .deliveries = {{.destination = "", .outcome = INDEX_OUTCOME_REFUSED, .code = 43}}};
    (void)snprintf(listed->id, sizeof(listed->id), "id-%zu", world->count);
    struct record_refused refused = {.sender = bytes_string(listed->sender),
                                     .id = bytes_string(listed->id),
                                     .type = bytes_string(listed->type),
                                     .subject = bytes_string(listed->subject),
                                     .code = 43,
                                     .count = 1};
    record_refused_encode(&refused, &body);
    listed->sequence = append(world, RECORD_REFUSED, buffer_view(&body));
    listed->time_ns = world->now_ns;
    listed->deliveries[0].outcome_sequence = listed->sequence;
    world->count++;
}

static void list_outcome(struct listed *listed, const char *destination, enum journal_index_outcome outcome,
                         uint32_t code, uint64_t sequence)
{
    for (size_t i = 0; i < listed->count; i++)
        if (*destination == 0 || strcmp(listed->deliveries[i].destination, destination) == 0) {
            listed->deliveries[i].outcome = outcome;
            listed->deliveries[i].code = code;
            listed->deliveries[i].outcome_sequence = outcome == INDEX_OUTCOME_WAITING ? 0 : sequence;
        }
}

/* Mostly a young message, sometimes any. */
static struct listed *draw_message(struct world *world)
{
    size_t back = draw(world, draw(world, 4) ? 10 : world->count);
    return &world->messages[world->count - 1 - (back < world->count ? back : 0)];
}

static void settle(struct world *world)
{
    static const uint8_t leaf[SHA256_BYTES];
    BUFFER_CLEANUP struct buffer settlements = {0}, body = {0};
    const char *system = DRAW(world, systems);
    struct listed *settled[4];
    uint32_t outcomes[4];
    size_t count = 1 + draw(world, COUNT_OF(settled));
    for (size_t i = 0; i < count; i++) {
        BUFFER_CLEANUP struct buffer encoded = {0};
        settled[i] = draw_message(world);
        outcomes[i] = draw(world, 10) < 7 ? SETTLED_DONE : draw(world, 2) ? SETTLED_RETRY : SETTLED_REJECT;
        struct settlement settlement = {.sequence = settled[i]->sequence,
                                        .outcome = outcomes[i],
                                        .message_leaf = bytes_of(leaf, sizeof(leaf)),
                                        .code = outcomes[i] == SETTLED_REJECT ? 71 : 0};
        settlement_encode(&settlement, &encoded);
        record_settlement_append(&settlements, buffer_view(&encoded));
    }
    struct record_settled record = {.system = bytes_string(system), .settlements = buffer_view(&settlements)};
    record_settled_encode(&record, &body);
    uint64_t sequence = append(world, RECORD_SETTLED, buffer_view(&body));
    for (size_t i = 0; i < count; i++)
        if (outcomes[i] != SETTLED_RETRY)
            list_outcome(settled[i], system, outcomes[i] == SETTLED_DONE ? INDEX_OUTCOME_DONE : INDEX_OUTCOME_DEAD,
                         outcomes[i] == SETTLED_REJECT ? 71 : 0, sequence);
}

static void fate(struct world *world)
{
    static const struct {
        enum record_kind kind;
        enum journal_index_outcome outcome;
    } fates[] = {{RECORD_DEAD, INDEX_OUTCOME_DEAD},        {RECORD_EXPIRED, INDEX_OUTCOME_EXPIRED},
                 {RECORD_HELD, INDEX_OUTCOME_HELD},        {RECORD_REDRIVEN, INDEX_OUTCOME_WAITING},
                 {RECORD_RELEASED, INDEX_OUTCOME_WAITING}, {RECORD_DISCARDED, INDEX_OUTCOME_DISCARDED},
                 {RECORD_ERASED, INDEX_OUTCOME_ANY}};
    BUFFER_CLEANUP struct buffer body = {0};
    size_t which = draw(world, COUNT_OF(fates));
    struct listed *listed = draw_message(world);
    const char *system = draw(world, 3) ? listed->deliveries[draw(world, listed->count)].destination : "";
    struct record_fate value = {.message = listed->sequence, .system = bytes_string(system), .code = (uint32_t)which};
    record_fate_encode(&value, &body);
    uint64_t sequence = append(world, fates[which].kind, buffer_view(&body));
    if (fates[which].kind == RECORD_ERASED)
        listed->erased = true;
    else
        list_outcome(listed, system, fates[which].outcome, (uint32_t)which, sequence);
}

static void show(struct world *world)
{
    BUFFER_CLEANUP struct buffer arguments = {0}, body = {0};
    struct listed *listed = draw_message(world);
    bool is_denied = draw(world, 3) == 0;
    wire_put_uint(&arguments, 1, listed->sequence);
    struct record_operation operation = {.operator_id = bytes_string("an"),
                                         .verb = bytes_string(RECORD_PAYLOAD_SHOW_VERB),
                                         .arguments = buffer_view(&arguments),
                                         .code = is_denied ? 12 : 0};
    record_operation_encode(&operation, &body);
    append(world, RECORD_OPERATION, buffer_view(&body));
    listed->shown += !is_denied;
}

static void journal_some(struct world *world, size_t records)
{
    for (size_t i = 0; i < records && world->count < MESSAGES_MAX; i++) {
        uint64_t what = draw(world, 20);
        if (what < 8 || world->count == 0)
            accept(world);
        else if (what == 8)
            refuse(world);
        else if (what < 17)
            settle(world);
        else if (what < 19)
            fate(world);
        else
            show(world);
    }
}

/* ---- questions, asked of both ---- */

struct answer {
    struct {
        uint64_t sequence, outcome_sequence, shown;
        enum journal_index_outcome outcome;
        uint32_t code;
        bool erased;
        char destination[16];
    } rows[ROWS_MAX];
    size_t count;
};

static int take_row(void *context, const struct journal_index_row *row)
{
    struct answer *answer = context;
    assert_true(answer->count < ROWS_MAX);
    answer->rows[answer->count].sequence = row->sequence;
    answer->rows[answer->count].outcome_sequence = row->outcome_sequence;
    answer->rows[answer->count].shown = row->payload_shown;
    answer->rows[answer->count].outcome = row->outcome;
    answer->rows[answer->count].code = row->code;
    answer->rows[answer->count].erased = row->payload_erased;
    (void)snprintf(answer->rows[answer->count].destination, sizeof(answer->rows[0].destination), "%s",
                   row->destination);
    answer->count++;
    return 0;
}

static bool fits(struct bytes asked, const char *is)
{
    return asked.size == 0 || bytes_equal_string(asked, is);
}

static bool message_fits(const struct listed *listed, const struct journal_index_query *query)
{
    if (query->before_sequence &&
        (query->oldest_first ? listed->sequence <= query->before_sequence : listed->sequence >= query->before_sequence))
        return false;
    return fits(query->id, listed->id) && fits(query->subject, listed->subject) &&
           fits(query->dossier, listed->dossier) && fits(query->type, listed->type) &&
           fits(query->sender, listed->sender) && listed->time_ns >= query->from_ns &&
           (query->until_ns == 0 || listed->time_ns < query->until_ns) && (!query->shown || listed->shown > 0) &&
           (query->person.size == 0 || query->person.data[0] == listed->person);
}

static int by_destination(const void *a, const void *b)
{
    return strcmp(((const struct listed_delivery *)a)->destination, ((const struct listed_delivery *)b)->destination);
}

static void list_answer(const struct world *world, const struct journal_index_query *query, struct answer *answer)
{
    size_t limit = query->limit ? query->limit : ROWS_MAX;
    answer->count = 0;
    for (size_t i = 0; i < world->count; i++) {
        struct listed listed = world->messages[query->oldest_first ? i : world->count - 1 - i];
        if (!message_fits(&listed, query))
            continue;
        qsort(listed.deliveries, listed.count, sizeof(listed.deliveries[0]), by_destination);
        for (size_t j = 0; j < listed.count && answer->count < limit; j++) {
            const struct listed_delivery *delivery = &listed.deliveries[j];
            if ((query->outcome && query->outcome != delivery->outcome) ||
                !fits(query->destination, delivery->destination))
                continue;
            struct journal_index_row row = {.sequence = listed.sequence,
                                            .outcome_sequence = delivery->outcome_sequence,
                                            .payload_shown = listed.shown,
                                            .outcome = delivery->outcome,
                                            .code = delivery->code,
                                            .payload_erased = listed.erased,
                                            .destination = delivery->destination};
            assert_int_equal(take_row(answer, &row), 0);
        }
    }
}

static struct journal_index_query draw_query(struct world *world, uint8_t hash[SHA256_BYTES])
{
    static char id[16];
    struct journal_index_query query = {0};
    (void)snprintf(id, sizeof(id), "id-%llu", (unsigned long long)draw(world, world->count + 2));
    if (draw(world, 4) == 0)
        query.id = bytes_string(id);
    if (draw(world, 4) == 0)
        query.subject = bytes_string(DRAW(world, subjects));
    if (draw(world, 4) == 0)
        query.dossier = bytes_string(DRAW(world, dossiers));
    if (draw(world, 3) == 0)
        query.type = bytes_string(DRAW(world, types));
    if (draw(world, 3) == 0)
        query.sender = bytes_string(DRAW(world, senders));
    if (draw(world, 3) == 0)
        query.destination = bytes_string(DRAW(world, systems));
    if (draw(world, 6) == 0)
        query.person = person_hash((uint8_t)(1 + draw(world, 6)), hash);
    if (draw(world, 3) == 0)
        query.outcome = (enum journal_index_outcome)draw(world, INDEX_OUTCOME_DISCARDED + 1);
    if (draw(world, 5) == 0)
        query.from_ns = start_ns + draw(world, world->now_ns - start_ns + 1);
    if (draw(world, 5) == 0)
        query.until_ns = start_ns + draw(world, world->now_ns - start_ns + 1);
    query.shown = draw(world, 8) == 0;
    query.oldest_first = draw(world, 2);
    if (draw(world, 4) == 0)
        query.before_sequence = 1 + draw(world, journal_next_sequence(world->journal));
    if (draw(world, 3) == 0)
        query.limit = 1 + draw(world, 20);
    return query;
}

static void check_answers(struct world *world, struct journal_index *index, size_t questions)
{
    static struct answer listed, found;
    for (size_t i = 0; i < questions; i++) {
        struct truc_fault fault = {0};
        uint8_t hash[SHA256_BYTES];
        struct journal_index_query query = draw_query(world, hash);
        list_answer(world, &query, &listed);
        found.count = 0;
        int rows = journal_index_find(index, world->reader, &query, take_row, &found, &fault);
        if (rows < 0)
            fail_msg("%s (%s)", fault.text, fault.where);
        assert_int_equal(rows, listed.count);
        assert_int_equal(found.count, listed.count);
        for (size_t j = 0; j < listed.count; j++) {
            assert_int_equal(found.rows[j].sequence, listed.rows[j].sequence);
            assert_string_equal(found.rows[j].destination, listed.rows[j].destination);
            assert_int_equal(found.rows[j].outcome, listed.rows[j].outcome);
            assert_int_equal(found.rows[j].outcome_sequence, listed.rows[j].outcome_sequence);
            assert_int_equal(found.rows[j].code, listed.rows[j].code);
            assert_int_equal(found.rows[j].shown, listed.rows[j].shown);
            assert_int_equal(found.rows[j].erased, listed.rows[j].erased);
        }
    }
}

/* ---- worlds ---- */

static struct world *world_new(uint64_t seed)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_non_null(world);
    world->random = seed;
    world->now_ns = start_ns + 3600000000000ull;
    fixture_begin(&world->fixture);
    world->journal = fixture_must_open(&world->fixture);
    struct journal_options options = {.disk = world->fixture.options.disk,
                                      .directory = world->fixture.options.directory,
                                      .flags = JOURNAL_READ_ONLY | JOURNAL_AS_IS};
    assert_int_equal(journal_open(&options, NULL, &world->reader, NULL, NULL), 0);
    append(world, RECORD_STARTED, BYTES_EMPTY); /* as in every journal: no message is at position 0 */
    (void)snprintf(world->folder, sizeof(world->folder), "/tmp/truc-index-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    (void)snprintf(world->path, sizeof(world->path), "%s/search.sqlite", world->folder);
    return world;
}

static void world_free(struct world *world)
{
    assert_int_equal(journal_index_remove(world->path, NULL), 0);
    assert_int_equal(rmdir(world->folder), 0);
    assert_int_equal(journal_close(world->reader, 1, NULL), 0);
    assert_int_equal(journal_close(world->journal, 1, NULL), 0);
    fixture_end(&world->fixture);
    free(world);
}

static struct journal_index *must_open(struct world *world, unsigned flags)
{
    struct journal_index *index = NULL;
    struct truc_fault fault = {0};
    if (journal_index_open(world->path, flags, &index, &fault) < 0)
        fail_msg("%s", fault.text);
    return index;
}

static void catch_up(struct world *world, struct journal_index *index, size_t records_max)
{
    struct truc_fault fault = {0};
    int taken = journal_index_catch_up(index, world->reader, UINT64_MAX, records_max, &fault);
    if (taken < 0)
        fail_msg("%s (%s)", fault.text, fault.where);
}

static void catch_up_with_all(struct world *world, struct journal_index *index)
{
    do
        catch_up(world, index, 200);
    while (journal_index_next(index) < journal_next_sequence(world->journal));
}

static void an_index_answers_as_a_list_of_all_messages(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct world *world = world_new(seed);
        struct journal_index *index = must_open(world, 0);
        while (world->count < MESSAGES_MAX) {
            journal_some(world, 1 + draw(world, 60));
            if (draw(world, 4) == 0) {
                journal_index_close(index);
                index = must_open(world, 0);
            }
            catch_up(world, index, 1 + draw(world, 60));
            for (uint64_t steps = draw(world, 5); steps > 0; steps--)
                assert_true(journal_index_tidy(index, NULL) >= 0);
            if (draw(world, 10) == 0) {
                catch_up_with_all(world, index);
                check_answers(world, index, 10);
            }
        }
        catch_up_with_all(world, index);
        check_answers(world, index, 300);
        while (journal_index_tidy(index, NULL) > 0)
            continue;
        check_answers(world, index, 300);
        journal_index_close(index);
        world_free(world);
    }
}

/* An auditor's copy, or beside a broker that fills it: nothing is written, and what is missing is seen all the same. */
static void a_reader_sees_what_the_index_has_not_taken_in(void **state)
{
    (void)state;
    struct world *world = world_new(11);
    struct journal_index *writer = must_open(world, 0), *reader;
    struct truc_fault fault = {0};
    assert_int_equal(journal_index_open("/tmp/truc-index-is-not-here", JOURNAL_INDEX_READ_ONLY, &reader, &fault),
                     TRUC_E_NOT_FOUND);
    for (int round = 0; round < 6; round++) {
        journal_some(world, 150);
        catch_up(world, writer, 100);
        uint64_t next = journal_index_next(writer);
        assert_true(next < journal_next_sequence(world->journal));
        reader = must_open(world, JOURNAL_INDEX_READ_ONLY);
        assert_int_equal(journal_index_next(reader), next);
        assert_int_equal(journal_index_look_ahead(reader, world->reader, NULL), 0);
        assert_int_equal(journal_index_next(reader), journal_next_sequence(world->journal));
        check_answers(world, reader, 60);
        assert_true(journal_index_catch_up(reader, world->reader, UINT64_MAX, 10, NULL) < 0);
        assert_int_equal(journal_index_next(writer), next);
        journal_index_close(reader);
    }
    journal_index_close(writer);
    world_free(world);
}

static int ends_here(void *context)
{
    (void)context;
    _exit(7);
}

/* Fills and tidies as the broker does, and dies after so many of SQLite's steps. Returns whether it died. */
static bool fill_and_die(struct world *world, int steps)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct journal_index *index = NULL;
        if (journal_index_open(world->path, 0, &index, NULL) < 0)
            _exit(1);
        sqlite3_progress_handler(index->database, steps, ends_here, NULL);
        int more = 0;
        while (journal_index_catch_up(index, world->reader, UINT64_MAX, 25, NULL) > 0)
            for (more = 1; more > 0;)
                more = journal_index_tidy(index, NULL);
        _exit(more < 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_true(WEXITSTATUS(status) == 7 || WEXITSTATUS(status) == 0);
    return WEXITSTATUS(status) == 7;
}

static void a_filler_that_dies_at_any_step_loses_nothing(void **state)
{
    (void)state;
    struct world *world = world_new(21);
    journal_some(world, 900);
    size_t deaths = 0;
    for (int steps = 50; fill_and_die(world, steps); steps += steps / 3) {
        deaths++;
        struct journal_index *index = must_open(world, 0);
        assert_false(journal_index_started_over(index));
        assert_int_equal(journal_index_look_ahead(index, world->reader, NULL), 0);
        check_answers(world, index, 20);
        journal_index_close(index);
        if (deaths % 3 == 0) /* from the beginning again, not only from where the last one died */
            assert_int_equal(journal_index_remove(world->path, NULL), 0);
    }
    assert_true(deaths > 15);
    struct journal_index *index = must_open(world, 0);
    catch_up_with_all(world, index);
    while (journal_index_tidy(index, NULL) > 0)
        continue;
    check_answers(world, index, 200);
    journal_index_close(index);
    world_free(world);
}

/* ---- damage ---- */

static void damage_byte(const char *path, off_t at)
{
    uint8_t byte;
    int file = open(path, O_RDWR | O_CLOEXEC);
    assert_true(file >= 0);
    assert_int_equal(pread(file, &byte, 1, at), 1);
    byte ^= 0x55;
    assert_int_equal(pwrite(file, &byte, 1, at), 1);
    close(file);
}

/* Asks what reads every block. Damage is either found, or did not matter. */
static bool damage_is_found(struct world *world)
{
    static struct answer answer;
    struct journal_index *index = NULL;
    bool is_found = journal_index_open(world->path, 0, &index, NULL) < 0 || journal_index_started_over(index);
    for (size_t i = 0; !is_found && i < COUNT_OF(subjects); i++) {
        const struct journal_index_query query = {.subject = bytes_string(subjects[i])};
        answer.count = 0;
        if (journal_index_find(index, world->reader, &query, take_row, &answer, NULL) < 0)
            is_found = journal_index_is_damaged(index);
    }
    journal_index_close(index);
    return is_found;
}

static void damage_is_found_and_the_index_made_anew(void **state)
{
    (void)state;
    struct world *world = world_new(31);
    journal_some(world, 1200);
    size_t found = 0, pages = 0;
    for (int page = 0; page < 12; page++) {
        struct journal_index *index = must_open(world, 0);
        catch_up(world, index, 100000);
        journal_index_close(index); /* the log is in the file now */
        int file = open(world->path, O_RDONLY | O_CLOEXEC);
        off_t size = lseek(file, 0, SEEK_END);
        close(file);
        if (page * 4096 + 4000 >= size)
            break;
        pages++;
        damage_byte(world->path,
                    page * 4096 + (page ? 4000 : 3)); /* a page is filled from its end; the magic of the first */
        if (!damage_is_found(world))
            continue;
        found++;
        assert_int_equal(journal_index_remove(world->path, NULL), 0);
        index = must_open(world, 0);
        catch_up_with_all(world, index);
        check_answers(world, index, 20);
        journal_index_close(index);
    }
    assert_true(pages > 5);
    assert_true(found >= 3); /* the file's head and its blocks; the rest is empty room of small tables */
    world_free(world);
}

static void what_is_no_index_is_replaced(void **state)
{
    (void)state;
    struct world *world = world_new(41);
    journal_some(world, 200);
    FILE *file = fopen(world->path, "w");
    assert_non_null(file);
    for (int i = 0; i < 400; i++)
        fputs("this is a letter, and no database. ", file);
    assert_int_equal(fclose(file), 0);
    struct journal_index *index = must_open(world, 0);
    assert_true(journal_index_started_over(index));
    assert_false(journal_index_started_over(index));
    catch_up_with_all(world, index);
    check_answers(world, index, 50);
    journal_index_close(index);
    world_free(world);
}

/* Only what is durable is taken in by the broker's indexer. */
static void no_record_from_the_given_end_on_is_taken_in(void **state)
{
    (void)state;
    struct world *world = world_new(51);
    struct journal_index *index = must_open(world, 0);
    journal_some(world, 120);
    assert_int_equal(journal_index_catch_up(index, world->reader, 77, 1000, NULL), 77);
    assert_int_equal(journal_index_next(index), 77);
    assert_int_equal(journal_index_catch_up(index, world->reader, 77, 1000, NULL), 0);
    journal_index_close(index);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_index_answers_as_a_list_of_all_messages),
        cmocka_unit_test(a_reader_sees_what_the_index_has_not_taken_in),
        cmocka_unit_test(a_filler_that_dies_at_any_step_loses_nothing),
        cmocka_unit_test(damage_is_found_and_the_index_made_anew),
        cmocka_unit_test(what_is_no_index_is_replaced),
        cmocka_unit_test(no_record_from_the_given_end_on_is_taken_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
