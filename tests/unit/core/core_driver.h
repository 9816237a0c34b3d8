/* core_driver.h - a broker in a test's hands: engine and core over a disk in memory, a clock that the test sets, and
 * clients that speak the wire protocol by hand, so that they can also speak it wrongly.
 * Not the SDK (tests/sim uses that) and no sockets. Every helper asserts that the broker itself goes on.
 * Systems: alpha and beta tell each other and gamma about dossiers; alpha and beta ask delta; an operator, an auditor; an
 * integrator who looks after beta. */
#ifndef TRUC_CORE_DRIVER_H
#define TRUC_CORE_DRIVER_H

#include "cmocka_start.h"

#include "command.h"
#include "engine.h"
#include "header.h"
#include "list.h"
#include "memory_disk.h"
#include "record.h"
#include "test_bus.h"

enum driver_system { ALPHA, BETA, GAMMA, DELTA, OPERATOR, AUDITOR, INTEGRATOR, DRIVER_SYSTEMS };
enum { DRIVER_CREDIT_BYTES = 16 * 1024 * 1024 };
enum { DRIVER_RECENT_BYTES = 4096 }; /* few messages: the others are read back from the journal */

#define MS     1000000ull
#define SECOND 1000000000ull
#define DAY    (86400 * SECOND)

struct driver {
    struct test_bus bus;
    const char *names[TEST_BUS_SYSTEMS_MAX]; /* of its systems */
    struct policy *reloaded;                 /* in force instead of bus.policy, when not NULL */
    struct memory_disk *disk;
    struct engine *engine;
    uint64_t now_ns, up_ns;
    struct transport transport;
    uint64_t next_peer;
    struct list_link arrived; /* struct frame: given to the engine, kept until the round's commit */
    struct list_link sent;    /* struct frame: by the broker, oldest first */
    uint64_t segment_bytes, snapshot_records;
    size_t ids_young_max, ids_runs_max; /* 0: the default */
    uint64_t blob_sweep_ns;             /* 0: the default */
    bool refuse_sends;                  /* the transport can't reach anybody */
    unsigned reloads_asked;             /* of the world around, by the broker */
    bool schema_change_accepted;        /* by the last of them */
    int frame_code;                     /* of the first frame that ended the broker; driver_commit returns it */
    unsigned closed;                    /* connections the broker has closed */
    uint64_t last_closed_peer;
    struct buffer scratch;   /* of driver_record */
    struct buffer log;       /* everything the broker logged, a line each */
    struct truc_fault fault; /* of the last driver_commit */
};

/* Texts that replace the standard configuration; NULL members keep it. */
struct driver_config {
    bool sandbox;
    const char *limits;                        /* lines under "limits:" */
    const char *routes, *agreements;           /* appended to the standard ones */
    const char *only_routes, *only_agreements; /* replace them */
    const char *beta_lines;                    /* more lines in beta's file */
    const char *alpha_revoked;
    bool absent[DRIVER_SYSTEMS]; /* these are not in the configuration */
    enum signing_algorithm alpha_algorithm;
    unsigned systems_count; /* 0: all */
    const struct test_bus_system
        *systems; /* replace the standard ones, of which `systems_count` are used; named by number */
};
void driver_open(struct driver *driver, const struct driver_config *config);
void driver_close(struct driver *driver); /* and the engine, cleanly when it is still there */
void driver_reload(struct driver *driver,
                   const struct driver_config *config); /* while it is down: for its next start */

void driver_start(struct driver *driver); /* the engine, over the disk as it is; driver_open does it once */
int driver_try_start(struct driver *driver, struct truc_fault *fault); /* engine_open's code */
void driver_stop(struct driver *driver);                               /* cleanly: with a snapshot */
void driver_kill(struct driver *driver);                               /* the process dies; what was written stays */
void driver_power_cut(struct driver *driver);                          /* what was not synced may vanish */
void driver_remove_files(struct driver *driver, const char *part);     /* those with `part` in their path */

int driver_commit(struct driver *driver); /* one round; the engine's code */
void driver_round(struct driver *driver); /* one round that must succeed, and the lazy records after it */
void driver_advance(struct driver *driver, uint64_t ns); /* both clocks, then a round */

/* The n-th record of a kind in the journal (0: the first): true and the record, whose views live until the next call. */
bool driver_record(struct driver *driver, enum record_kind kind, size_t n, struct journal_record *ret);
size_t driver_record_count(struct driver *driver, enum record_kind kind);

/* ---- clients ---- */

struct peer {
    struct driver *driver;
    enum driver_system system;
    uint64_t name, number; /* of its last publish */
};
struct peer driver_connect(struct driver *driver, enum driver_system system,
                           uint64_t credit_bytes);                         /* says hello, is welcomed */
struct peer driver_peer(struct driver *driver, enum driver_system system); /* a connection that said nothing yet */
struct command driver_hello(const struct peer *peer, uint64_t credit_bytes);
void peer_send(struct peer *peer, const struct command *command); /* arrives; no round yet */
void peer_send_raw(struct peer *peer, struct bytes frame);
void peer_send_as(struct peer *peer, const uint8_t transport_key[32], const struct command *command);
/* The oldest frame of that kind sent to the client and not taken yet; its views live until driver_close. */
bool peer_take(const struct peer *peer, enum command_kind kind, struct command *ret);
void peer_expect_error(const struct peer *peer, int code);
void peer_gone(struct peer *peer); /* its connection breaks; no round yet */
void peer_lose(struct peer *peer); /* the same, and a round */

struct test_message {
    struct header header; /* digest and size are filled in unless given */
    struct bytes payload;
    const struct header_attachment *attachments;
    size_t attachments_count;
};
struct test_message peer_message(const struct peer *peer, const char *id, const char *type, const char *subject);
struct publish_twist {
    bool bad_signature;
    enum driver_system signs_as; /* when `other_key` */
    bool other_key;
    const char *bus; /* NULL: this one */
    bool as_receipt; /* the statement of one */
};
uint64_t peer_publish(struct peer *peer, const struct test_message *messages, size_t count,
                      const struct publish_twist *twist);
/* Whether the publish is answered; then its outcomes' codes (negative or 0) and sequences in order. */
bool peer_outcomes(const struct peer *peer, uint64_t number, struct outcome *ret_outcomes, size_t count);
/* Publishes one message, one round, its outcome. */
struct outcome peer_publish_one(struct peer *peer, const struct test_message *message);
/* Publishes a dossier.progress with that id and subject; must be accepted; its journal position. */
uint64_t peer_accepted(struct peer *peer, const char *id, const char *subject);

struct taken {
    uint64_t sequence;
    uint32_t index, attempt, count;
    bool observed;
    struct header header;
    struct message message;
    struct bytes sender, key_id, signature, deliveries, proof, agreement;
};
/* Deliveries sent and not taken yet, in order; how many. */
size_t peer_take_deliveries(const struct peer *peer, struct taken *ret, size_t max);
/* One signed receipt arrives; no round yet. */
void peer_send_settle(struct peer *peer, const struct settlement *settlements, size_t count, bool bad_signature);
/* The same, in one round. */
void peer_settle(struct peer *peer, const struct settlement *settlements, size_t count, bool bad_signature);
struct settlement taken_settlement(const struct taken *taken, enum settlement_outcome outcome);
void peer_settle_one(struct peer *peer, const struct taken *taken, enum settlement_outcome outcome);
/* Takes exactly one delivery with that id. */
struct taken peer_expect_one(const struct peer *peer, const char *id);
void peer_expect_nothing(const struct peer *peer);

/* Asks a verb; the answer's code (negative or 0), result in ret (may be NULL). */
int peer_ask(struct peer *peer, const char *verb, struct bytes arguments, struct bytes *ret_result);

/* Asks delta: a citizen.verify request with that id; its journal position. */
uint64_t peer_request(struct peer *peer, const char *id);
struct test_message peer_reply(const struct peer *peer, const char *id, const struct taken *request);

#endif
