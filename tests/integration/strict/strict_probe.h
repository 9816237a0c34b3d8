/* strict_probe.h - an adapter that is watched: what it logged, whether it ever connected, what became of its message.
 * Steps a real libtruc adapter in the test's own process until something is seen, with a bound.
 * Used by test_strict.c. */
#ifndef STRICT_PROBE_H
#define STRICT_PROBE_H

#include <stdbool.h>
#include <truc/truc.h>

#include "buffer.h"

enum { PROBE_WAIT_MS = 20000 };

struct probe {
    truc_adapter *adapter;
    struct buffer log;
    bool was_connected;
    bool is_answered; /* the message's outcome came */
    int code;         /* of it */
    char text[TRUC_FAULT_TEXT_BYTES_MAX];
};

/* 0, or why the adapter can't be opened. */
int probe_open(struct probe *probe, const char *settings, struct truc_fault *fault);
void probe_close(struct probe *probe);
/* Offers one right document under this id. */
int probe_publish(struct probe *probe, const char *id, struct truc_fault *fault);

bool probe_logged(struct probe *probe, const char *text);
/* Steps until the text was logged, the adapter connected, or the message was answered. Whether that happened in time. */
bool probe_until_logged(struct probe *probe, const char *text);
bool probe_until_connected(struct probe *probe);
bool probe_until_answered(struct probe *probe);

#endif
