/* test_confine.c - after confine.c: what a broker never does is refused by the kernel, what it does goes on, and nobody reads it.
 * Each call is tried in a child of its own, with arguments that do no harm should it be let through.
 * The broker as a whole under the filter is every other test that starts one; what /proc says of it: test_trucd_confined.c. */
#include "cmocka_start.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <openssl/crypto.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "confine.h"
#include "fault.h"
#include "locked.h"

#define CALL_ARGUMENTS 6
#define NOWHERE        "/nonexistent"
#define PAGE           ((long)4096)

enum { NOT_CONFINED = 255 };

static int skip_in_part(void **state)
{
    (void)state;
    if (!confine_is_whole())
        print_message("SKIP: a build with sanitizers filters no calls\n");
    return 0;
}

/* What `act` gives in a child that is confined: its exit code. */
static int confined(int (*act)(const void *), const void *argument)
{
    int status;
    struct truc_fault fault = {0};
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(confine_memory(&fault) < 0 || confine_calls(&fault) < 0 ? NOT_CONFINED : act(argument));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* ---- what is refused ---- */

struct call {
    const char *name;
    long number, arguments[CALL_ARGUMENTS];
};
#define CALL(name, ...)                                                                                                \
    {                                                                                                                  \
#name, SYS_##name,                                                                                             \
        {                                                                                                              \
            __VA_ARGS__                                                                                                \
        }                                                                                                              \
    }

static const struct call refused[] = {
    CALL(execve, (long)NOWHERE),
    CALL(execveat, -1, (long)NOWHERE),
    CALL(memfd_create, (long)"x", 0),
    CALL(clone, SIGCHLD | CLONE_FS | CLONE_NEWNS),
    CALL(ptrace, 0x10, 0),
    CALL(process_vm_readv, 1, 0, 0, 0, 0, 0),
    CALL(process_vm_writev, 1, 0, 0, 0, 0, 0),
    CALL(kill, INT32_MAX, 0),
    CALL(pidfd_open, 1, 0),
    CALL(setuid, 0),
    CALL(setgid, 0),
    CALL(setresuid, 0, 0, 0),
    CALL(setgroups, 0, 0),
    CALL(capset, 0, 0),
    CALL(chown, (long)NOWHERE, 0, 0),
    CALL(fchownat, AT_FDCWD, (long)NOWHERE, 0, 0, 0),
    CALL(mknodat, AT_FDCWD, (long)NOWHERE "/x", 0, 0),
    CALL(personality, 0xffffffff),
    CALL(mount, 0, 0, 0, 0, 0),
    CALL(umount2, (long)NOWHERE, 0),
    CALL(pivot_root, (long)NOWHERE, (long)NOWHERE),
    CALL(chroot, (long)NOWHERE),
    CALL(unshare, 0),
    CALL(setns, -1, 0),
    CALL(open_by_handle_at, -1, 0, 0),
    CALL(bpf, 0, 0, 0),
    CALL(perf_event_open, 0, 0, -1, -1, 0),
    CALL(userfaultfd, 0),
    CALL(io_uring_setup, 0, 0),
    CALL(io_uring_enter, -1, 0, 0, 0, 0, 0),
    CALL(keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 0),
    CALL(add_key, 0, 0, 0, 0, 0),
    CALL(request_key, 0, 0, 0, 0),
    CALL(shmget, 0, 0, 0),
    CALL(reboot, 0),
    CALL(kexec_load, 0, 0, 0, -1),
    CALL(finit_module, -1, 0, 0),
    CALL(swapoff, (long)NOWHERE),
    CALL(clock_settime, -1, 0),
    CALL(sethostname, 0, -1),
    CALL(mmap, 0, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
    CALL(mmap, 0, PAGE, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
    CALL(mprotect, 0, 0, PROT_EXEC),
    CALL(pkey_mprotect, 0, 0, PROT_EXEC, -1),
    CALL(prctl, PR_SET_DUMPABLE, 1, 0, 0, 0),
    CALL(ioctl, -1, TIOCSTI, 0),
    CALL(socket, AF_NETLINK, SOCK_RAW, 0),
    CALL(socket, AF_PACKET, SOCK_RAW, 0),
    CALL(socket, AF_VSOCK, SOCK_STREAM, 0),
    CALL(socket, AF_AX25, SOCK_STREAM, 0),
#ifdef SYS_fork /* not on every architecture */
    CALL(fork, 0),
    CALL(modify_ldt, 0, 0, 0),
    CALL(iopl, 0),
#endif
};

static int make_call(const void *argument)
{
    const struct call *call = argument;
    const long *a = call->arguments;
    return syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]) < 0 ? errno : 0;
}

static void what_a_broker_never_does_is_refused(void **state)
{
    (void)state;
    if (!confine_is_whole())
        skip();
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        int error = confined(make_call, &refused[i]);
        if (error != EPERM)
            print_error("%s: %d\n", refused[i].name, error);
        assert_int_equal(error, EPERM);
    }
    const struct call clone3 = CALL(clone3, 0, 0);
    assert_int_equal(confined(make_call, &clone3), ENOSYS); /* then the C library takes clone */
}

/* ---- what goes on ---- */

static void *run_thread(void *argument)
{
    return argument;
}

static int do_what_a_broker_does(const void *argument)
{
    char path[] = "/tmp/truc-confine-XXXXXX", other[sizeof path + 2];
    pthread_t thread;
    struct sched_param nothing = {0};
    void *result = NULL, *memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    int file = mkstemp(path), stream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)snprintf(other, sizeof other, "%s.x", path);
    bool done = memory != MAP_FAILED && mprotect(memory, PAGE, PROT_READ) == 0 && munmap(memory, PAGE) == 0;
    done = done && pthread_create(&thread, NULL, run_thread, path) == 0 && pthread_join(thread, &result) == 0;
    done = done && result == path && sched_setscheduler(0, SCHED_OTHER, &nothing) == 0;
    done = done && file >= 0 && posix_fallocate(file, 0, PAGE) == 0 && fdatasync(file) == 0 &&
           rename(path, other) == 0 && unlink(other) == 0;
    done = done && stream >= 0 && socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0) >= 0 &&
           socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) >= 0 && eventfd(0, EFD_CLOEXEC) >= 0;
    void *secret = locked_new(sizeof(uint64_t)); /* mlock and mprotect */
    done = done && secret != NULL;
    locked_free(secret);
    (void)argument;
    return done ? 0 : 1;
}

static void what_a_broker_does_goes_on(void **state)
{
    (void)state;
    if (!confine_is_whole())
        skip();
    assert_int_equal(confined(do_what_a_broker_does, NULL), 0);
}

/* ---- threads that run already ---- */

static int gate[2];

static void *try_when_told(void *argument)
{
    char told;
    int *error = argument;
    *error = read(gate[0], &told, 1) == 1 && syscall(SYS_unshare, 0) < 0 ? errno : 0;
    return NULL;
}

static void a_thread_from_before_is_held_too(void **state)
{
    int status;
    (void)state;
    if (!confine_is_whole())
        skip();
    assert_int_equal(pipe(gate), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        pthread_t thread;
        int error = 0;
        struct truc_fault fault = {0};
        bool done = pthread_create(&thread, NULL, try_when_told, &error) == 0 && confine_memory(&fault) == 0 &&
                    confine_calls(&fault) == 0 && write(gate[1], "x", 1) == 1 && pthread_join(thread, NULL) == 0;
        _exit(done ? error : NOT_CONFINED);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EPERM);
    close(gate[0]);
    close(gate[1]);
}

/* ---- memory ---- */

static int look_at_memory(const void *argument)
{
    struct rlimit core = {1, 1};
    (void)argument;
    if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_max != 0 || !CRYPTO_secure_malloc_initialized())
        return 1;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
        return 2;
    return confine_is_whole() && prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 ? 3 : 0;
}

static void nobody_dumps_or_traces_it_and_it_gains_no_rights(void **state)
{
    (void)state;
    if (confine_is_whole()) {
        assert_int_equal(confined(look_at_memory, NULL), 0);
        return;
    }
    struct truc_fault fault = {0};
    assert_int_equal(confine_memory(&fault), 0);
    assert_int_equal(look_at_memory(NULL), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_broker_never_does_is_refused),
        cmocka_unit_test(what_a_broker_does_goes_on),
        cmocka_unit_test(a_thread_from_before_is_held_too),
        cmocka_unit_test(nobody_dumps_or_traces_it_and_it_gains_no_rights),
    };
    return cmocka_run_group_tests(tests, skip_in_part, NULL);
}
