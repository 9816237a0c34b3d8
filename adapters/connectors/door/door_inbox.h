/* door_inbox.h - the pull inbox: what the bus has delivered and the vendor has not settled; lists with leases, long polls.
 * Keeps nothing over its end: the bus delivers again what is not settled. Of one ordering key the bus delivers one at a time.
 * In the flow: SDK -> this -> vendor's list; vendor's done, retry, reject or reply -> this -> SDK. */
#ifndef TRUC_DOOR_INBOX_H
#define TRUC_DOOR_INBOX_H

#include <truc/truc.h>

#include "connector_log.h"
#include "door_adapter.h"
#include "http_server.h"

enum {
    DOOR_LIST_DEFAULT = 10,
    DOOR_LIST_MAX = 100,
    DOOR_LIST_BYTES = 4 * 1024 * 1024, /* a list ends with the item that passes this */
    DOOR_WAIT_MAX_S = 60,
    DOOR_POLLS_MAX = 128, /* lists that wait */
};

struct door_inbox;

/* Serves every type on @bus. All arguments outlive the result. */
int door_inbox_open(const struct door_adapter *door, truc_adapter *bus, const struct connector_log *log,
                    struct door_inbox **ret_inbox, struct truc_fault *fault);
void door_inbox_close(struct door_inbox *inbox); /* after the bus; NULL is fine */

/* GET /v1/inbox?limit=&wait= */
void door_inbox_list(struct door_inbox *inbox, struct http_exchange *exchange, const struct http_incoming *incoming);
/* GET /v1/inbox/POSITION; it is no lease. */
void door_inbox_get(struct door_inbox *inbox, struct http_exchange *exchange, uint64_t position);
/* POST /v1/inbox/POSITION/WORD: done, retry, reject, reply. Answered when the settlement is on disk. False: no such word. */
bool door_inbox_settle(struct door_inbox *inbox, struct http_exchange *exchange, const struct http_incoming *incoming,
                       uint64_t position, const char *word);

/* After each step of the bus: what was settled is on disk, and who waited may have something. */
void door_inbox_step(struct door_inbox *inbox, uint64_t now_ms, uint64_t now_ns);
int door_inbox_timeout_ms(const struct door_inbox *inbox, uint64_t now_ms); /* -1: nothing is due */
/* Answers those who wait, and lists nothing any more. */
void door_inbox_drain(struct door_inbox *inbox);
bool door_inbox_is_idle(const struct door_inbox *inbox); /* everybody is answered */

#endif
