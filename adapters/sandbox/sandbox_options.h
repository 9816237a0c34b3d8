/* sandbox_options.h - the command line of truc-sandbox as one struct.
 * Parsing only (argp); meaning belongs to sandbox_run.h. */
#ifndef SANDBOX_OPTIONS_H
#define SANDBOX_OPTIONS_H

#include "far_side.h"
#include "far_traffic.h"

enum { SANDBOX_OUTAGES_MAX = 16 };

struct sandbox_outage {
    const char *id;               /* a far side's */
    uint64_t start_ms, length_ms; /* since the traffic began */
    enum far_outage_kind kind;
};

struct sandbox_options {
    const char *directory, *where_file, *summary_file;
    uint16_t ports[FAR_SIDES_MAX]; /* by place in the table of far sides; 0: the system chooses */
    uint64_t seed;
    uint32_t citizens_count, pace_ms;
    unsigned clerks;
    const char *session;
    const char *portal_adapter, *onestop_adapter;
    struct far_traffic_plan traffic; /* rate 0: no traffic, only far sides */
    uint64_t drain_ms;
    struct sandbox_outage outages[SANDBOX_OUTAGES_MAX];
    size_t outages_count;
    bool outages_given; /* also "none" */
    bool stay, log;
};

/* Reads argv; says what is wrong and ends the program with 64, as argp does. */
void sandbox_options_read(int argc, char **argv, struct sandbox_options *options);
/* "ID:START+LENGTH", "ID:START+LENGTH:refused", ":503". ARGUMENT with the reason. Keeps pointers into `text`, which it
 * cuts into pieces. */
int sandbox_outage_parse(char *text, struct sandbox_outage *ret_outage, struct truc_fault *fault);
/* "8%", "0.08", "0" → 0.08; ARGUMENT otherwise. */
int sandbox_share_parse(const char *text, double *ret_share, struct truc_fault *fault);
/* "20", "20/s", "0.5/s" */
int sandbox_rate_parse(const char *text, double *ret_rate, struct truc_fault *fault);

#endif
