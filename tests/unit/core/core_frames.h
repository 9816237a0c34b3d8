/* core_frames.h - frames kept in lists: those that arrived at the broker and those it sent.
 * Only for core_driver.c and core_peer.c.
 * A frame lives until its list is freed, so that views into it stay good for the whole test. */
#ifndef TRUC_CORE_FRAMES_H
#define TRUC_CORE_FRAMES_H

#include "bytes.h"
#include "list.h"

struct frame {
    struct list_link link;
    uint64_t peer;
    bool taken;
    size_t size;
    uint8_t data[];
};

struct frame *frame_new(uint64_t peer, struct bytes data); /* a copy; fails the test without memory */
void frames_free(struct list_link *frames);

#endif
