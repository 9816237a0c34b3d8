/* load.h - two systems that send and handle without a pause, over libtruc, while a test does something to the bus; and a judge.
 * Not what is done to it (test_reload_under_load.c, test_keys_change_under_load.c). Not a measure of speed.
 * Each message is either accepted and handled once, or refused by name and never handled. */
#ifndef OPERATE_LOAD_H
#define OPERATE_LOAD_H

#include "cmocka_start.h"

#include <truc/truc.h>

#include "kit_bus.h"

#define SENDER   "alpha"
#define RECEIVER "gamma"

enum { LOAD_MESSAGES_MAX = 100000, LOAD_COMMAND_WAIT_MS = 20000 };

/* What became of each message, by its number. */
struct ledger {
    uint8_t accepted[LOAD_MESSAGES_MAX], suspended[LOAD_MESSAGES_MAX], handled[LOAD_MESSAGES_MAX];
    unsigned offered, answered, refused, taken;
};

struct load {
    struct kit_bus bus;
    truc_adapter *sender, *receiver;
    struct ledger ledger;
    char settings[2][KIT_PATH_BYTES], inbox[KIT_PATH_BYTES];
    uint64_t next_question_ns;
    bool ends;            /* nothing more is offered */
    unsigned handed_over; /* folders of systems that were moved away */
};

int load_set_up(void **state);
int load_tear_down(void **state);
void load_done(int code, const struct truc_fault *fault); /* fails the test with the fault's text */

void load_open_sender(struct load *load); /* with the settings it has now, as the next one */
void load_open_receiver(struct load *load);
/* What there is to do now, and no longer than a moment. `other` is a descriptor that may be readable, or -1. */
void load_step(struct load *load, int other);
/* `truc WORDS… --state STATE` while messages flow; it must end with 0. `words` ends with NULL. */
void load_operator(struct load *load, const char *const words[]);
#define LOAD_TRUC(load, ...) load_operator(load, (const char *const[]){__VA_ARGS__, NULL})

/* Goes on until so many more have been handled: the flow does not stand still on either side. */
void load_flow(struct load *load);
/* The sender keeps its outbox, wherever its settings lie: only then it may be restarted. */
void load_keep_outbox(const struct load *load);
/* `system rotate-key` and a reload. Handed over before, systems/ID is made anew; what is not a key of its own, the secret of its salts,
 * goes on. The system itself runs by what it has until it is restarted. */
void load_make_keys(struct load *load, const char *system, const char *algorithm);
void load_restart_sender(struct load *load); /* in the middle of publishing, with the settings it has now */
void load_restart_receiver(struct load *load);

unsigned load_count(const uint8_t *of, unsigned size);
/* Offers nothing more, waits until everything is answered and handled, and judges each message. */
void load_judge(struct load *load);

#endif
