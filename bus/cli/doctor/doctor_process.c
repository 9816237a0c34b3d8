/* doctor_process.c - who writes the journal, by its lock, and what limits that process has.
 * Not: signals to it. /proc says all of it, and only to its own user and to root.
 * See doctor.h. */
#include "cli_words.h"
#include "doctor.h"

#include "cli_file.h"
#include "cli_format.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { LINE_BYTES = 512, LIMIT_COLUMN = 26 };

/* One line of /proc/locks (proc(5)), "1: FLOCK  ADVISORY  WRITE 2103 08:01:7340 0 EOF": who holds the lock on this
 * inode; 0: it is another lock. Device numbers differ from stat's on some file systems, so they are not compared. */
static pid_t holder_of(const char *line, ino_t inode)
{
    const char *process = strstr(line, " WRITE ");
    if (process == NULL || strstr(line, " FLOCK ") == NULL)
        return 0;
    char *file = NULL;
    long id = strtol(process + sizeof " WRITE " - 1, &file, 10);
    for (int colons = 0; colons < 2; colons++)
        if (*file == '\0' || (file = strchr(file + 1, ':')) == NULL)
            return 0;
    return id > 0 && strtoumax(file + 1, NULL, 10) == inode ? (pid_t)id : 0;
}

/* The process that holds the journal's lock; 0: none that can be seen. */
static pid_t lock_holder(ino_t inode)
{
    char line[LINE_BYTES];
    pid_t holder = 0;
    FILE *locks = fopen("/proc/locks", "re");
    while (locks && holder == 0 && fgets(line, sizeof line, locks))
        holder = holder_of(line, inode);
    if (locks)
        fclose(locks);
    return holder;
}

/* The soft limit of a line of /proc/PID/limits; false when it can't be read. UINT64_MAX: unlimited. */
static bool read_limit(pid_t process, const char *name, uint64_t *ret_soft)
{
    char path[CLI_PATH_BYTES], line[LINE_BYTES];
    bool found = false;
    if (cli_path(path, NULL, "/proc/%d/limits", (int)process) < 0)
        return false;
    FILE *limits = fopen(path, "re");
    while (limits && !found && fgets(line, sizeof line, limits)) {
        if (strncmp(line, name, strlen(name)) != 0 || strlen(line) < LIMIT_COLUMN)
            continue;
        *ret_soft =
            strncmp(line + LIMIT_COLUMN, "unlimited", 9) == 0 ? UINT64_MAX : strtoull(line + LIMIT_COLUMN, NULL, 10);
        found = true;
    }
    if (limits)
        fclose(limits);
    return found;
}

static void check_descriptors(struct doctor *doctor, uint64_t soft)
{
    char descriptors[CLI_NUMBER_BYTES], connections[CLI_NUMBER_BYTES];
    enum doctor_state state = doctor_judge_descriptors(soft);
    doctor_say(doctor, state, "descriptors", _("trucd (%d) may open %s files, so %s connections"), (int)doctor->broker,
               cli_format_count(soft, descriptors), cli_format_count(soft / 2, connections));
    if (state != DOCTOR_GOOD)
        doctor_advise(doctor, _("LimitNOFILE=%d in its unit, then restart it"), DOCTOR_DESCRIPTORS);
}

static void check_core_dumps(struct doctor *doctor, uint64_t soft)
{
    if (soft == 0) {
        doctor_say(doctor, DOCTOR_GOOD, "core-dumps", _("trucd writes no core file"));
        return;
    }
    doctor_say(doctor, DOCTOR_BAD, "core-dumps",
               _("trucd may write a core file, which would hold keys and persons' data"));
    doctor_advise(doctor, _("LimitCORE=0 in its unit, then restart it"));
}

/* "Seccomp:\t2" in /proc/PID/status (proc(5)): 2 is a filter. Nothing where the kernel has none. */
static void check_filter(struct doctor *doctor)
{
    char path[CLI_PATH_BYTES], line[LINE_BYTES];
    FILE *status = cli_path(path, NULL, "/proc/%d/status", (int)doctor->broker) < 0 ? NULL : fopen(path, "re");
    const char *mode = NULL;
    while (status && mode == NULL && fgets(line, sizeof line, status))
        if (strncmp(line, "Seccomp:\t", strlen("Seccomp:\t")) == 0)
            mode = line + strlen("Seccomp:\t");
    if (mode && *mode == '2')
        doctor_say(doctor, DOCTOR_GOOD, "call-filter", _("trucd filters its system calls"));
    else {
        doctor_say(doctor, DOCTOR_WARN, "call-filter", _("trucd does not filter its system calls"));
        doctor_advise(doctor, _("its log says why, at the start: --no-filter, or a kernel that can't"));
    }
    if (status)
        fclose(status);
}

void doctor_check_process(struct doctor *doctor)
{
    char path[CLI_PATH_BYTES];
    struct stat status;
    uint64_t descriptors, core;
    if (cli_path(path, NULL, "%s/journal/lock", doctor->cli->state) < 0 || stat(path, &status) < 0)
        return;
    doctor->broker = lock_holder(status.st_ino);
    if (doctor->broker == 0)
        return;
    if (!read_limit(doctor->broker, "Max open files", &descriptors) ||
        !read_limit(doctor->broker, "Max core file size", &core)) {
        doctor_say(doctor, DOCTOR_WARN, "descriptors", _("the limits of trucd (%d) can't be seen as this user"),
                   (int)doctor->broker);
        doctor_advise(doctor, _("run it as the user who runs trucd, or as root"));
        return;
    }
    check_descriptors(doctor, descriptors);
    check_core_dumps(doctor, core);
    check_filter(doctor);
}
