/* confine.c - what a process can give up by prctl, rlimit and setuid.
 * System calls are confine_calls.c's.
 * See confine.h; why, and what was weighed: docs/adr/0016-confinement.md. */
#include "confine.h"

#include <errno.h>
#include <grp.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"

enum { SECURE_HEAP_BYTES = 64 * 1024, SECURE_PIECE_BYTES = 64 };

bool confine_is_whole(void)
{
#ifdef TRUC_SANITIZED
    return false;
#else
    return true;
#endif
}

/* OpenSSL 3.0 leaves the octets of a private key that it has read in memory that it frees. Here nothing is freed unwiped. */
static void *openssl_malloc(size_t size, const char *file, int line)
{
    (void)file, (void)line;
    return malloc(size);
}

static void openssl_free(void *memory, const char *file, int line)
{
    (void)file, (void)line;
    if (memory)
        explicit_bzero(memory, malloc_usable_size(memory));
    free(memory);
}

static void *openssl_realloc(void *memory, size_t size, const char *file, int line)
{
    void *moved = size ? malloc(size) : NULL;
    size_t before = memory ? malloc_usable_size(memory) : 0;
    if (moved && memory)
        memcpy(moved, memory, before < size ? before : size);
    if (moved || size == 0)
        openssl_free(memory, file, line);
    return moved;
}

static int confine_openssl(struct truc_fault *fault)
{
    if (CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) != 1)
        return fault_set(fault, TRUC_E_INTERNAL, "OpenSSL was used before its memory is wiped");
    if (CRYPTO_secure_malloc_init(SECURE_HEAP_BYTES, SECURE_PIECE_BYTES) == 0) /* 2, not locked: RLIMIT_MEMLOCK */
        return fault_set(fault, TRUC_E_INTERNAL, "no memory for private keys");
    return 0;
}

int confine_memory(struct truc_fault *fault)
{
    const struct rlimit no_core = {0, 0};
    if (setrlimit(RLIMIT_CORE, &no_core) < 0) /* a core file would hold keys and persons' data */
        return fault_errno(fault, TRUC_E_INTERNAL, errno, "cannot forbid core files");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return fault_errno(fault, TRUC_E_INTERNAL, errno, "cannot give up new privileges");
    if (confine_is_whole() && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) /* the leak checker traces its own process */
        return fault_errno(fault, TRUC_E_INTERNAL, errno, "cannot forbid others to read memory");
    return confine_openssl(fault);
}

static int become(uid_t user, gid_t group, struct truc_fault *fault)
{
    if (setgroups(0, NULL) < 0 || setresgid(group, group, group) < 0 || setresuid(user, user, user) < 0)
        return fault_errno(fault, TRUC_E_INTERNAL, errno, "cannot become user %u, group %u", (unsigned)user,
                           (unsigned)group);
    if (setuid(0) == 0)
        return fault_set(fault, TRUC_E_INTERNAL, "user %u could become root again", (unsigned)user);
    return 0;
}

int confine_user(const char *directory, bool as_root, struct truc_fault *fault)
{
    struct stat status;
    if (geteuid() != 0)
        return 0;
    if (stat(directory, &status) < 0) {
        fault_errno(fault, TRUC_E_CONFIG, errno, "cannot look at '%s', whose owner trucd becomes", directory);
        fault_hint(fault, "`truc init` makes a state directory; --state names it");
        return TRUC_E_CONFIG;
    }
    if (status.st_uid != 0)
        return become(status.st_uid, status.st_gid, fault);
    if (as_root)
        return 0;
    fault_set(fault, TRUC_E_CONFIG, "'%s' belongs to root, and trucd does not run as root unless told", directory);
    fault_hint(fault, "chown -R it to a user of its own, whom trucd started by root becomes; or --as-root");
    return TRUC_E_CONFIG;
}
