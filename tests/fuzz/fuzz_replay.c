/* fuzz_replay.c - runs a fuzz target over every file of the folders that are named: its corpus, in every test run.
 * Not libFuzzer: it invents no input, so any compiler will do.
 * Linked to one target each; fails when a folder holds nothing. */
#include <dirent.h>

#include "fuzz.h"

enum { INPUT_BYTES_MAX = 1024 * 1024 };

/* A block of just the input's size, so that a sanitizer sees a read beyond it. */
static void replay(const char *path)
{
    static uint8_t room[INPUT_BYTES_MAX];
    FILE *file = fopen(path, "rb");
    FUZZ_REQUIRE(file != NULL);
    size_t size = fread(room, 1, sizeof room, file);
    FUZZ_REQUIRE(!ferror(file) && size < sizeof room);
    (void)fclose(file);
    uint8_t *input = malloc(size > 0 ? size : 1);
    FUZZ_REQUIRE(input != NULL);
    memcpy(input, room, size);
    (void)LLVMFuzzerTestOneInput(input, size);
    free(input);
}

int main(int count, char **arguments)
{
    for (int i = 1; i < count; i++) {
        size_t inputs = 0;
        DIR *folder = opendir(arguments[i]);
        FUZZ_REQUIRE(folder != NULL);
        for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
            char path[4096];
            if (entry->d_name[0] == '.')
                continue;
            (void)snprintf(path, sizeof path, "%s/%s", arguments[i], entry->d_name);
            replay(path);
            inputs++;
        }
        (void)closedir(folder);
        (void)printf("%s: %zu inputs\n", arguments[i], inputs);
        FUZZ_REQUIRE(inputs > 0);
    }
    return count > 1 ? 0 : 2;
}
