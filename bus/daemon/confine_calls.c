/* confine_calls.c - the system calls that a broker never makes, refused by the kernel (seccomp, libseccomp).
 * A list of what is denied, not of what is allowed: a library's new call must not end a broker years from now.
 * See confine.h and docs/adr/0016-confinement.md. tests/unit/io/test_confine.c tries them. */
#include "confine.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "fault.h"

static const int denied[] = {
    /* other programs */
    SCMP_SYS(execve), SCMP_SYS(execveat), SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(memfd_create),
    /* other processes */
    SCMP_SYS(ptrace), SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(process_madvise),
    SCMP_SYS(kcmp), SCMP_SYS(kill), SCMP_SYS(tkill), SCMP_SYS(rt_sigqueueinfo), SCMP_SYS(pidfd_open),
    SCMP_SYS(pidfd_getfd), SCMP_SYS(pidfd_send_signal), SCMP_SYS(migrate_pages), SCMP_SYS(move_pages),
    /* other users and rights */
    SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setreuid), SCMP_SYS(setregid), SCMP_SYS(setresuid),
    SCMP_SYS(setresgid), SCMP_SYS(setfsuid), SCMP_SYS(setfsgid), SCMP_SYS(setgroups), SCMP_SYS(capset), SCMP_SYS(chown),
    SCMP_SYS(fchown), SCMP_SYS(lchown), SCMP_SYS(fchownat), SCMP_SYS(mknod), SCMP_SYS(mknodat), SCMP_SYS(setxattr),
    SCMP_SYS(fsetxattr), SCMP_SYS(lsetxattr), SCMP_SYS(personality),
    /* another view of the machine */
    SCMP_SYS(mount), SCMP_SYS(umount2), SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(move_mount),
    SCMP_SYS(open_tree), SCMP_SYS(fsopen), SCMP_SYS(fsconfig), SCMP_SYS(fsmount), SCMP_SYS(fspick),
    SCMP_SYS(mount_setattr), SCMP_SYS(unshare), SCMP_SYS(setns), SCMP_SYS(name_to_handle_at),
    SCMP_SYS(open_by_handle_at), SCMP_SYS(fanotify_init),
    /* large and often broken parts of the kernel */
    SCMP_SYS(bpf), SCMP_SYS(perf_event_open), SCMP_SYS(userfaultfd), SCMP_SYS(io_uring_setup), SCMP_SYS(io_uring_enter),
    SCMP_SYS(io_uring_register), SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(request_key), SCMP_SYS(modify_ldt),
    SCMP_SYS(shmget), SCMP_SYS(shmat), SCMP_SYS(msgget), SCMP_SYS(semget), SCMP_SYS(mq_open), SCMP_SYS(lookup_dcookie),
    SCMP_SYS(remap_file_pages),
    /* the machine itself */
    SCMP_SYS(reboot), SCMP_SYS(kexec_load), SCMP_SYS(kexec_file_load), SCMP_SYS(init_module), SCMP_SYS(finit_module),
    SCMP_SYS(delete_module), SCMP_SYS(swapon), SCMP_SYS(swapoff), SCMP_SYS(acct), SCMP_SYS(quotactl), SCMP_SYS(syslog),
    SCMP_SYS(settimeofday), SCMP_SYS(clock_settime), SCMP_SYS(adjtimex), SCMP_SYS(clock_adjtime), SCMP_SYS(sethostname),
    SCMP_SYS(setdomainname), SCMP_SYS(iopl), SCMP_SYS(ioperm), SCMP_SYS(vhangup)};

/* Denied only with an argument that says so: all bits of `mask` at argument `at` have the value `is`. */
static const struct denied_argument {
    int call;
    unsigned at;
    scmp_datum_t mask, is;
} arguments[] = {
    {SCMP_SYS(mmap), 2, PROT_EXEC, PROT_EXEC}, /* code that was not there at the start */
    {SCMP_SYS(mprotect), 2, PROT_EXEC, PROT_EXEC},
    {SCMP_SYS(pkey_mprotect), 2, PROT_EXEC, PROT_EXEC},
    {SCMP_SYS(clone), 0, CLONE_THREAD, 0}, /* what is no thread */
    {SCMP_SYS(prctl), 0, UINT32_MAX, PR_SET_DUMPABLE},
    {SCMP_SYS(prctl), 0, UINT32_MAX, PR_SET_PTRACER},
    {SCMP_SYS(prctl), 0, UINT32_MAX, PR_SET_MM},
    {SCMP_SYS(ioctl), 1, UINT32_MAX, TIOCSTI}, /* typing into the terminal that trucd was started from */
    {SCMP_SYS(ioctl), 1, UINT32_MAX, TIOCLINUX},
};

static int deny(scmp_filter_ctx filter, int call, struct scmp_arg_cmp when)
{
    return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), call, 1, &when);
}

/* All but AF_UNIX, AF_INET and AF_INET6. */
static int deny_families(scmp_filter_ctx filter)
{
    int error = deny(filter, SCMP_SYS(socket), (struct scmp_arg_cmp){.op = SCMP_CMP_GT, .datum_a = AF_INET6});
    for (scmp_datum_t family = AF_INET + 1; error == 0 && family < AF_INET6; family++)
        error = deny(filter, SCMP_SYS(socket), (struct scmp_arg_cmp){.op = SCMP_CMP_EQ, .datum_a = family});
    return error;
}

static int add_rules(scmp_filter_ctx filter)
{
    int error = 0;
    for (size_t i = 0; error == 0 && i < sizeof denied / sizeof *denied; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), denied[i], 0);
    for (size_t i = 0; error == 0 && i < sizeof arguments / sizeof *arguments; i++)
        error = deny(filter, arguments[i].call,
                     (struct scmp_arg_cmp){.arg = arguments[i].at,
                                           .op = SCMP_CMP_MASKED_EQ,
                                           .datum_a = arguments[i].mask,
                                           .datum_b = arguments[i].is});
    if (error == 0) /* its flags lie where a filter can't look; the C library then uses clone */
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    return error < 0 ? error : deny_families(filter);
}

static int set_ways(scmp_filter_ctx filter)
{
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_LOG, 1);      /* to the audit log; kernels before 4.14 can't */
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree of comparisons; only slower without */
    int error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
    return error < 0 ? error : seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1); /* libzmq's threads run already */
}

int confine_calls(struct truc_fault *fault)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (filter == NULL)
        return fault_set(fault, TRUC_E_UNAVAILABLE, "no filter of system calls can be made");
    int error = set_ways(filter);
    if (error == 0)
        error = add_rules(filter);
    if (error == 0)
        error = seccomp_load(filter);
    seccomp_release(filter);
    return error < 0 ? fault_errno(fault, TRUC_E_UNAVAILABLE, -error, "system calls can't be filtered") : 0;
}
