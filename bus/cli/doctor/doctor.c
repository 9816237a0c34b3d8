/* doctor.c - an examination from its begin to its end, and the order of the checks.
 * Not: looking (doctor_*.c), nor what is said of it (doctor_finding.c).
 * See doctor.h. */
#include "doctor.h"

#include "cli_file.h"
#include "cli_words.h"
#include "disk_space.h"

int doctor_open(const struct cli *cli, const struct cli_arguments *arguments, struct doctor *ret_doctor,
                struct truc_fault *fault)
{
    uint64_t percent = DISK_SPACE_DEFAULT_PERCENT;
    int given = cli_option_number(arguments, "disk-max", &percent, fault);
    if (given < 0)
        return given;
    if (percent < 1 || percent > 100)
        return fault_set(fault, TRUC_E_ARGUMENT, _("--disk-max: a whole number from 1 to 100"));
    *ret_doctor = (struct doctor){.cli = cli,
                                  .arguments = arguments,
                                  .disk_percent_max = (unsigned)percent,
                                  .arena = {.used_bytes_max = DOCTOR_MEMORY_MAX}};
    return 0;
}

void doctor_close(struct doctor *doctor)
{
    policy_free(doctor->policy);
    arena_free(&doctor->arena);
    doctor->policy = NULL;
}

/* A context may know no more of a bus than how to reach its broker. */
static bool is_far(const struct doctor *doctor)
{
    return doctor->cli->settings && !cli_is_directory(doctor->cli->state);
}

void doctor_examine(struct doctor *doctor)
{
    if (is_far(doctor)) {
        doctor_check_broker(doctor);
        doctor_say(doctor, DOCTOR_WARN, "far",
                   _("disk, journal, configuration and keys of this bus are on another machine"));
        doctor_advise(doctor, _("run truc doctor there, too"));
        return;
    }
    doctor_check_process(doctor);
    doctor_check_broker(doctor);
    doctor_check_disk(doctor);
    doctor_check_journal(doctor);
    doctor_check_configuration(doctor);
    doctor_check_certificates(doctor);
    doctor_check_agreements(doctor);
    doctor_check_files(doctor);
}
