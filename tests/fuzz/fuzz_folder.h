/* fuzz_folder.h - a folder of its own for a target that can't do without files: in memory where the system has that.
 * One a program; removed with what is in it when the program ends well.
 * Under the targets store and far. */
#ifndef TRUC_FUZZ_FOLDER_H
#define TRUC_FUZZ_FOLDER_H

#include <dirent.h>
#include <unistd.h>

#include "fuzz.h"

static char fuzz_folder_path[64];

static inline void fuzz_folder_empty(void)
{
    char path[512];
    DIR *names = opendir(fuzz_folder_path);
    FUZZ_REQUIRE(names != NULL);
    for (struct dirent *entry; (entry = readdir(names)) != NULL;) {
        (void)snprintf(path, sizeof path, "%s/%s", fuzz_folder_path, entry->d_name);
        FUZZ_REQUIRE(entry->d_name[0] == '.' || unlink(path) == 0);
    }
    (void)closedir(names);
}

static inline void fuzz_folder_remove(void)
{
    fuzz_folder_empty();
    FUZZ_REQUIRE(rmdir(fuzz_folder_path) == 0);
}

static inline const char *fuzz_folder_make(void)
{
    (void)snprintf(fuzz_folder_path, sizeof fuzz_folder_path, "%s/truc-fuzz-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    FUZZ_REQUIRE(mkdtemp(fuzz_folder_path) != NULL && atexit(fuzz_folder_remove) == 0);
    return fuzz_folder_path;
}

#endif
