/* store.h - what the adapter remembers, in one SQLite file: facts, matters with the instant to look at them again, officers, reminders.
 * Not the SDK's inbox: a fact carries the message's sender and id, and is taken once however often it comes. One effect a message: what a
 * message changes is one transaction.
 * In the flow: heard -> store -> dossier -> reminder_plan -> store -> bus. `report` and `explain` read it while the adapter runs. */
#ifndef DEADLINES_STORE_H
#define DEADLINES_STORE_H

#include "arena.h"
#include "heard.h"
#include "reminder.h"

struct store;

enum store_mode { STORE_WRITE, STORE_READ };

/* TRUC_E_IO with the path and SQLite's reason; TRUC_E_VERSION; TRUC_E_NOT_FOUND: nothing to read there. */
int store_open(const char *path, enum store_mode mode, struct store **ret_store, struct truc_fault *fault);
void store_close(struct store *store); /* rolls back what is not committed; NULL is fine */

int store_begin(struct store *store, struct truc_fault *fault);
int store_commit(struct store *store, struct truc_fault *fault); /* durable when it returns 0 */
void store_roll_back(struct store *store);

/* ---- facts ---- */

/* Takes a fact, what names its matter, and the officers it speaks of. *ret_is_new false: the message was taken before, nothing changed.
 * TRUC_E_LIMIT: the matter has DOSSIER_FACTS_MAX facts. */
int store_hear(struct store *store, const struct heard *heard, bool *ret_is_new, struct truc_fault *fault);
/* The matter with its facts in order; all in `arena`. TRUC_E_NOT_FOUND. */
int store_matter(struct store *store, bool is_task, const char *code, struct arena *arena, struct dossier *ret_dossier,
                 struct truc_fault *fault);
/* The officer's name and position as heard last; an account that was never heard comes back alone. */
int store_officer(struct store *store, const char *account, struct arena *arena, struct officer *ret_officer,
                  struct truc_fault *fault);
/* Visits the codes of dossiers that were received or ended in [from, until), each once, in order. Stops at the first that is not 0. */
int store_each_dossier(struct store *store, uint64_t from_ns, uint64_t until_ns,
                       int (*visit)(void *context, const char *code), void *context, struct truc_fault *fault);

/* ---- when to look again ---- */

int store_set_wake(struct store *store, bool is_task, const char *code, uint64_t wake_ns, struct truc_fault *fault);
/* The earliest of all; UINT64_MAX: none. */
int store_next_wake(struct store *store, uint64_t *ret_wake_ns, struct truc_fault *fault);
/* One matter whose instant has come: 1; none: 0. */
int store_awake(struct store *store, uint64_t now_ns, bool *ret_is_task, char ret_code[HEARD_CODE_BYTES],
                struct truc_fault *fault);
/* Every matter about which there may be more to say is to be looked at: rules, calendar or leaders may be others than before. */
int store_wake_all(struct store *store, struct truc_fault *fault);

/* ---- reminders ---- */

enum store_reminder_state {
    STORE_WAITING = 0,  /* to be published; after a crash once more, with the same bytes */
    STORE_ACCEPTED = 1, /* on the bus */
    STORE_REFUSED = 2,  /* by the broker, for good: code and text say why */
    STORE_LAPSED = 3,   /* no longer true before it could leave */
};

struct store_reminder {
    int64_t row; /* grows */
    const char *id, *type;
    bool is_task;
    const char *code; /* of the matter */
    const char *procedure_code;
    enum reminder_kind kind;
    enum reminder_scope scope;
    uint64_t due_ns, new_due_ns, planned_ns, expires_ns;
    struct bytes payload;
    enum store_reminder_state state;
    int outcome; /* of a refused one */
};

/* Takes it unless its id is known. An apology's new date becomes the dossier's promise. */
int store_remind(struct store *store, const struct store_reminder *reminder, bool *ret_is_new,
                 struct truc_fault *fault);
/* The next waiting one behind `row`: 1 and the reminder in `arena`; none: 0. */
int store_waiting(struct store *store, int64_t row, struct arena *arena, struct store_reminder *ret_reminder,
                  struct truc_fault *fault);
int store_settle(struct store *store, const char *id, enum store_reminder_state state, int outcome,
                 struct truc_fault *fault);
/* What was refused for a reason that can be mended (a route, an agreement) waits again. */
int store_revive(struct store *store, struct truc_fault *fault);
/* Visits a matter's reminders in the order they were made. */
int store_each_reminder(struct store *store, bool is_task, const char *code,
                        int (*visit)(void *context, const struct store_reminder *reminder), void *context,
                        struct truc_fault *fault);

#endif
