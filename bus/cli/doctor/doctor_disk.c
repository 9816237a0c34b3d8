/* doctor_disk.c - how long the journal's disk takes to sync, and how full it is.
 * Measured in a process of its own, so that a disk that hangs doesn't hang the doctor.
 * See doctor.h. */
#include "cli_words.h"
#include "doctor.h"

#include "cli_file.h"
#include "cli_format.h"
#include "disk_space.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    PROBE_SYNCS_MAX = 32,
    PROBE_BYTES = 4096,
    PROBE_MS_MAX = 1000, /* no further sync is begun after this */
    PROBE_WAIT_MS = 5000 /* then the disk counts as hanging */
};

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* A file without a name where the file system has such, else one whose name goes at once. */
static int open_probe(const char *folder, const char *name)
{
    int file = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0 && (file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) >= 0)
        (void)unlink(name); /* nothing to do when it stays: it is empty of meaning */
    return file;
}

/* The child: only system calls, as after a fork beside threads. Each duration is told as soon as it is known. */
static _Noreturn void measure(const char *folder, const char *name, int out)
{
    static const uint8_t block[PROBE_BYTES] = {1};
    int file = open_probe(folder, name);
    uint64_t begun = now_us();
    for (int i = 0; file >= 0 && i < PROBE_SYNCS_MAX && now_us() - begun < PROBE_MS_MAX * 1000ull; i++) {
        uint64_t before = now_us();
        if (pwrite(file, block, sizeof block, (off_t)i * PROBE_BYTES) != (ssize_t)sizeof block || fdatasync(file) < 0)
            _exit(1);
        uint32_t took_us = (uint32_t)(now_us() - before);
        if (write(out, &took_us, sizeof took_us) != (ssize_t)sizeof took_us)
            _exit(1);
    }
    _exit(file < 0);
}

/* Until the child has ended or the time is over: how many durations came. *ret_hangs: it didn't end. */
static size_t collect(int in, uint32_t took_us[PROBE_SYNCS_MAX], bool *ret_hangs)
{
    uint64_t begun = now_us();
    size_t count = 0;
    *ret_hangs = false;
    while (count < PROBE_SYNCS_MAX) {
        uint64_t passed_ms = (now_us() - begun) / 1000;
        struct pollfd ready = {.fd = in, .events = POLLIN};
        int some = passed_ms < PROBE_WAIT_MS ? poll(&ready, 1, (int)(PROBE_WAIT_MS - passed_ms)) : 0;
        if (some == 0)
            *ret_hangs = true;
        if (some == 0 || (some < 0 && errno != EINTR))
            return count;
        if (some > 0 && read(in, &took_us[count], sizeof *took_us) != (ssize_t)sizeof *took_us)
            return count;
        count += some > 0;
    }
    return count;
}

static int number_order(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static void say_sync(struct doctor *doctor, uint32_t *took_us, size_t count)
{
    qsort(took_us, count, sizeof *took_us, number_order);
    uint32_t median = took_us[count / 2], worst = took_us[count - 1];
    enum doctor_state state = doctor_judge_sync(median);
    doctor_say(doctor, state, "disk-sync",
               _("a sync of the journal's disk takes %u,%02u ms (median of %zu, worst %u,%02u)"), median / 1000,
               median % 1000 / 10, count, worst / 1000, worst % 1000 / 10);
    if (state != DOCTOR_GOOD)
        doctor_advise(doctor,
                      _("nobody is answered faster than that: use a disk with a write cache that survives a power "
                        "cut, and keep other writers off it"));
}

static void check_sync(struct doctor *doctor, const char *folder)
{
    char name[CLI_PATH_BYTES];
    uint32_t took_us[PROBE_SYNCS_MAX];
    int ends[2];
    bool hangs;
    if (access(folder, W_OK) < 0 || cli_path(name, NULL, "%s/.doctor-%d", folder, (int)getpid()) < 0) {
        doctor_say(doctor, DOCTOR_WARN, "disk-sync",
                   _("%s can't be written as this user, so its disk was not measured"), folder);
        doctor_advise(doctor, _("run it as the user who runs trucd"));
        return;
    }
    if (pipe2(ends, O_CLOEXEC) < 0)
        return;
    pid_t child = fork();
    if (child == 0)
        measure(folder, name, ends[1]);
    close(ends[1]);
    size_t count = child < 0 ? 0 : collect(ends[0], took_us, &hangs);
    close(ends[0]);
    if (child < 0)
        return;
    if (hangs)
        (void)kill(child, SIGKILL); /* our own child; it ends when the disk lets it */
    (void)waitpid(child, NULL, hangs ? WNOHANG : 0);
    if (count > 0 && !hangs) {
        say_sync(doctor, took_us, count);
        return;
    }
    doctor_say(doctor, DOCTOR_BAD, "disk-sync",
               hangs ? _("a sync of the journal's disk did not end within %d s")
                     : _("the journal's disk takes no write (%d s were waited)"),
               hangs ? PROBE_WAIT_MS / 1000 : 0);
    doctor_advise(doctor, _("look at the disk: dmesg, smartctl -a"));
}

static void check_space(struct doctor *doctor, const char *folder)
{
    struct statvfs status;
    char free_text[CLI_NUMBER_BYTES], whole_text[CLI_NUMBER_BYTES];
    if (statvfs(folder, &status) < 0) {
        doctor_say(doctor, DOCTOR_BAD, "disk-space", _("how full the disk of %s is can't be seen: %s"), folder,
                   strerror(errno));
        return;
    }
    uint64_t used = status.f_blocks - status.f_bfree, usable = used + status.f_bavail;
    unsigned percent = usable ? (unsigned)((used * 100 + usable - 1) / usable) : 100; /* rounded up, as trucd does */
    enum doctor_state state = doctor_judge_disk(percent, doctor->disk_percent_max);
    doctor_say(doctor, state, "disk-space",
               _("the journal's disk is %u %% full, %s of %s free; above %u %% nothing is taken"), percent,
               cli_format_bytes(status.f_bavail * status.f_frsize, free_text),
               cli_format_bytes(usable * status.f_frsize, whole_text), doctor->disk_percent_max);
    if (state != DOCTOR_GOOD)
        doctor_advise(doctor, _("free space or enlarge the disk; never delete files of the journal"));
}

void doctor_check_disk(struct doctor *doctor)
{
    char folder[CLI_PATH_BYTES];
    if (cli_path(folder, NULL, "%s/journal", doctor->cli->state) < 0 || !cli_is_directory(folder)) {
        doctor_say(doctor, DOCTOR_BAD, "journal", _("there is no folder %s/journal"), doctor->cli->state);
        doctor_advise(doctor, _("name the state directory with --state, or make one: truc init DIR"));
        return;
    }
    check_sync(doctor, folder);
    check_space(doctor, folder);
}
