/* top_terminal.h - a terminal taken over and given back: alternate screen, keys without Enter, size, signals.
 * Not: what is on the screen (top_render.h). Signals become something to poll, so that the terminal is always restored.
 * In the flow: cmd_top opens it, polls top_terminal_fd beside the broker, draws, and closes it however it ends. */
#ifndef TRUC_TOP_TERMINAL_H
#define TRUC_TOP_TERMINAL_H

#include "buffer.h"
#include "fault.h"

#include <signal.h>
#include <stdio.h>
#include <termios.h>

enum top_key {
    TOP_KEY_NONE = 0, /* there is nothing to read now, or nothing that means anything */
    TOP_KEY_QUIT,     /* q, Ctrl-C, or a signal that ends programs */
    TOP_KEY_RESIZED,
    TOP_KEY_UP,
    TOP_KEY_DOWN,
    TOP_KEY_PAGE_UP,
    TOP_KEY_PAGE_DOWN,
    TOP_KEY_LETTER, /* the letter beside it */
};

struct top_terminal {
    FILE *out;
    bool is_terminal; /* false: only signals are read, and frames are printed one below the other */
    int signal_fd, poll_fd;
    sigset_t signals_before;
    struct termios settings_before;
};

/* Blocks signals, and takes the terminal over if `out` and the standard input are one. */
int top_terminal_open(FILE *out, struct top_terminal *terminal, struct truc_fault *fault);
void top_terminal_close(struct top_terminal *terminal);   /* gives everything back */
int top_terminal_fd(const struct top_terminal *terminal); /* readable when there are keys or signals */
void top_terminal_size(const struct top_terminal *terminal, size_t *ret_columns, size_t *ret_rows);
/* The next key or signal; NONE when there is none at once. */
enum top_key top_terminal_key(struct top_terminal *terminal, char *ret_letter);
/* Shows lines ended by '\n'. TRUC_E_CLOSED: whoever read our output has gone. */
int top_terminal_draw(struct top_terminal *terminal, struct bytes lines);

/* What the bytes of one read of a keyboard mean. */
enum top_key top_key_of(struct bytes typed, char *ret_letter);

#endif
