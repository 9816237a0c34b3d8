/* doctor_files.c - who owns the secrets of a state directory, and who else may read them.
 * Not: their contents, which are not read. What trucd would refuse at its start is bad here.
 * See doctor.h. */
#include "cli_words.h"
#include "doctor.h"

#include "cli_file.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

struct walk {
    struct doctor *doctor;
    char folder[CLI_PATH_BYTES];
    uid_t keeper; /* who runs the broker, or owns its journal */
    unsigned good, systems;
};

static bool ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);
    return size >= end_size && strcmp(text + size - end_size, end) == 0;
}

/* What is made to be given away carries no secret. */
static bool is_public(const char *name)
{
    return ends_with(name, ".pub") || ends_with(name, ".vkey") || ends_with(name, ".pem") || ends_with(name, ".yaml");
}

static void judge_secret(struct walk *walk, const char *path)
{
    struct doctor *doctor = walk->doctor;
    struct stat status;
    if (lstat(path, &status) < 0) {
        doctor_say(doctor, DOCTOR_WARN, "secret", _("%s can't be looked at: %s"), path, strerror(errno));
        doctor_advise(doctor, _("run it as the user who runs trucd, or as root"));
        return;
    }
    if (doctor_judge_secret(status.st_mode, status.st_uid, walk->keeper) == DOCTOR_GOOD) {
        walk->good++;
        return;
    }
    doctor_say(doctor, DOCTOR_BAD, "secret", _("%s has mode %04o and belongs to user %u"), path,
               (unsigned)(status.st_mode & 07777), (unsigned)status.st_uid);
    if (status.st_mode & (S_IRWXG | S_IRWXO))
        doctor_advise(doctor, _("chmod 600 %s, and make a new key if somebody may have read it"), path);
    else
        doctor_advise(doctor, _("chown %u %s: it holds a key of the broker, which runs as that user"),
                      (unsigned)walk->keeper, path);
}

static int visit_key(void *context, const char *name)
{
    struct walk *walk = context;
    char path[CLI_PATH_BYTES];
    if (!is_public(name) && cli_path(path, NULL, "%s/%s", walk->folder, name) == 0)
        judge_secret(walk, path);
    return 0;
}

static void check_keys(struct walk *walk)
{
    struct doctor *doctor = walk->doctor;
    char authority[CLI_PATH_BYTES];
    struct truc_fault fault = {0};
    const char *named = cli_option_value(doctor->arguments, "keys");
    int code = named ? cli_path(walk->folder, &fault, "%s", named)
                     : cli_path(walk->folder, &fault, "%s/keys", doctor->cli->state);
    if (code == 0)
        code = cli_directory_list(walk->folder, visit_key, walk, &fault);
    if (code < 0) {
        doctor_say_fault(doctor, DOCTOR_WARN, "secret", &fault);
        doctor_advise(doctor, _("run it as the user who runs trucd, or name the keys with --keys"));
        return;
    }
    if (cli_path(authority, NULL, "%s/ca.key", walk->folder) == 0 && access(authority, F_OK) == 0) {
        doctor_say(doctor, DOCTOR_WARN, "authority-key", _("the key of the bus's authority lies on this machine: %s"),
                   authority);
        doctor_advise(doctor,
                      _("trucd doesn't need it: keep it off the machine, it can make any system's certificate"));
    }
}

/* systems/ID: its secrets, and whether they have been handed over. */
static int visit_system(void *context, const char *name)
{
    struct walk *walk = context;
    const struct policy *policy = walk->doctor->policy;
    const struct policy_system *system = policy ? policy_system_by_id(policy, bytes_string(name)) : NULL;
    char path[CLI_PATH_BYTES];
    if (cli_path(path, NULL, "%s/systems/%s/signing.key", walk->doctor->cli->state, name) < 0 || access(path, F_OK) < 0)
        return 0;
    walk->systems += system && system->role == POLICY_ROLE_SYSTEM;
    if (cli_path(walk->folder, NULL, "%s/systems/%s", walk->doctor->cli->state, name) == 0)
        (void)cli_directory_list(walk->folder, visit_key, walk, NULL); /* its signing key was seen: it can be opened */
    return 0;
}

static void check_systems(struct walk *walk)
{
    char folder[CLI_PATH_BYTES];
    if (cli_path(folder, NULL, "%s/systems", walk->doctor->cli->state) < 0 || !cli_is_directory(folder))
        return;
    (void)cli_directory_list(folder, visit_system, walk, NULL);
    if (walk->systems == 0)
        return;
    doctor_say(walk->doctor, DOCTOR_WARN, "handed-over", _("the secrets of %u systems still lie in %s"), walk->systems,
               folder);
    doctor_advise(walk->doctor, _("hand each folder to its system, and remove it here: only the system needs them"));
}

void doctor_check_files(struct doctor *doctor)
{
    struct walk walk = {.doctor = doctor, .keeper = geteuid()};
    char path[CLI_PATH_BYTES];
    struct stat status;
    if (doctor->broker)
        (void)cli_path(path, NULL, "/proc/%d", (int)doctor->broker);
    else
        (void)cli_path(path, NULL, "%s/journal", doctor->cli->state);
    if (stat(path, &status) == 0)
        walk.keeper = status.st_uid;
    if (stat(doctor->cli->state, &status) == 0 && (status.st_mode & S_IWOTH)) {
        doctor_say(doctor, DOCTOR_BAD, "state", _("everybody may write into %s"), doctor->cli->state);
        doctor_advise(doctor, _("chmod o-w %s"), doctor->cli->state);
    }
    check_keys(&walk);
    check_systems(&walk);
    if (walk.good > 0)
        doctor_say(doctor, DOCTOR_GOOD, "secret", _("%u secret files can be read by their owner alone"), walk.good);
}
