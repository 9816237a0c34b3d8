/* doctor.h - what `truc doctor` looks at, one check after the other, and how it judges the numbers it finds.
 * Not: printing (cmd_doctor.c). Nothing is changed, but for one file without a name that measures the disk.
 * In the flow: cmd_doctor and cmd_bundle → doctor_examine → the checks of doctor_*.c → findings. */
#ifndef TRUC_DOCTOR_H
#define TRUC_DOCTOR_H

#include "arena.h"
#include "cli.h"
#include "cli_arguments.h"
#include "cli_broker.h"
#include "fault.h"
#include "policy.h"

#include <sys/types.h>

#define DOCTOR_OPTIONS                                                                                                 \
    {.name = "keys", .value = "DIR", .explanation = N_("the broker's keys, instead of the state directory's")},        \
        {.name = "disk-max",                                                                                           \
         .value = "PERCENT",                                                                                           \
         .explanation = N_("what trucd was told with --disk-max; 90 when not given")},                                 \
        CLI_BROKER_OPTIONS

enum { DOCTOR_FINDINGS_MAX = 512, DOCTOR_MEMORY_MAX = 4 * 1024 * 1024 };

enum doctor_state {
    DOCTOR_GOOD,
    DOCTOR_WARN, /* works, and will not for ever, or not as it should */
    DOCTOR_BAD,  /* doesn't work, or is not safe */
};
const char *doctor_state_name(enum doctor_state state); /* "good", "warn", "bad" */

struct doctor_finding {
    enum doctor_state state;
    const char *check; /* "disk-sync": stable, for programs */
    const char *fact;
    const char *advice; /* what to do; "" when nothing is */
};

struct doctor {
    const struct cli *cli;
    const struct cli_arguments *arguments;
    unsigned disk_percent_max;
    struct arena arena; /* of the findings' texts */
    struct doctor_finding findings[DOCTOR_FINDINGS_MAX];
    size_t count, left_out; /* left_out: beyond DOCTOR_FINDINGS_MAX, or no memory for them */
    size_t states[DOCTOR_BAD + 1];
    /* What one check learns and a later one needs. */
    struct policy *policy; /* NULL: it can't be loaded */
    pid_t broker;          /* who writes the journal; 0: nobody */
};

/* Fills in cli, arguments and what --disk-max says. TRUC_E_ARGUMENT. */
int doctor_open(const struct cli *cli, const struct cli_arguments *arguments, struct doctor *ret_doctor,
                struct truc_fault *fault);
void doctor_close(struct doctor *doctor);
void doctor_examine(struct doctor *doctor); /* everything */

/* ---- for the checks ---- */

void doctor_say(struct doctor *doctor, enum doctor_state state, const char *check, const char *format, ...)
    FAULT_PRINTF(4, 5);
/* What to do about the last finding. */
void doctor_advise(struct doctor *doctor, const char *format, ...) FAULT_PRINTF(2, 3);
/* A finding whose fact and advice are a fault's. */
void doctor_say_fault(struct doctor *doctor, enum doctor_state state, const char *check,
                      const struct truc_fault *fault);

void doctor_check_configuration(struct doctor *doctor); /* loads policy */
void doctor_check_certificates(struct doctor *doctor);
void doctor_check_agreements(struct doctor *doctor);
void doctor_check_files(struct doctor *doctor);
void doctor_check_process(struct doctor *doctor); /* finds broker */
void doctor_check_disk(struct doctor *doctor);
void doctor_check_journal(struct doctor *doctor); /* and the clock, against its last record */
void doctor_check_broker(struct doctor *doctor);

/* ---- judging: numbers in, a state out ---- */

enum {
    DOCTOR_SYNC_GOOD_US = 10 * 1000, /* a group is acknowledged after one sync: beyond this people notice */
    DOCTOR_SYNC_BAD_US = 100 * 1000,
    DOCTOR_DISK_NEAR_PERCENT = 10, /* this much below the mark */
    DOCTOR_END_NEAR_DAYS = 30,     /* certificates and agreements */
    DOCTOR_DESCRIPTORS = 16384,    /* what trucd asks for */
    DOCTOR_DESCRIPTORS_LEAST = 1024,
    DOCTOR_CHECKPOINT_HOURS = 24,
    DOCTOR_CLOCK_BACK_MS = 5000, /* as io_clock.h's jump */
    DOCTOR_CLOCK_ERROR_MS = 500,
};
enum doctor_state doctor_judge_sync(uint32_t median_us);
enum doctor_state doctor_judge_disk(unsigned used_percent, unsigned max_percent);
/* Until something ends: warn DOCTOR_END_NEAR_DAYS before, bad from then on. */
enum doctor_state doctor_judge_end(uint64_t now_ns, uint64_t end_ns);
enum doctor_state doctor_judge_descriptors(uint64_t soft);
/* last_ns: of the journal's last record. */
enum doctor_state doctor_judge_clock(uint64_t now_ns, uint64_t last_ns, bool synchronised, uint64_t error_ms);
enum doctor_state doctor_judge_checkpoint(uint64_t now_ns, uint64_t first_uncovered_ns);
/* `keeper`: who runs the broker; root may own keys, too. */
enum doctor_state doctor_judge_secret(mode_t mode, uid_t owner, uid_t keeper);

#endif
