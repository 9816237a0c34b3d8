/* policy_fixture.h - a small right configuration in memory, of which tests replace a file at a time.
 * Not a mock: certificates are real, made from fixed seeds; schemas are the project's own descriptor set.
 * In the flow: every test of bus/policy starts from it. */
#ifndef TRUC_POLICY_FIXTURE_H
#define TRUC_POLICY_FIXTURE_H

#include "cmocka_start.h"

#include "policy_load.h"

enum { FIXTURE_FILES_MAX = 64 };

struct policy_fixture {
    struct schema_set *schemas;
    struct policy_file files[FIXTURE_FILES_MAX];
    size_t files_count;
    struct buffer memory[FIXTURE_FILES_MAX];           /* what files made here hold */
    struct policy_file right_files[FIXTURE_FILES_MAX]; /* made once; every reset starts from them */
    size_t right_files_count, right_memory_count;
    struct policy_load_options options;
};

/* 2026-06-15 10:00 GMT+7: the present of all tests. */
#define FIXTURE_NOW_NS 1781492400000000000ull

/* The systems portal, onestop, population and national-portal with keys and certificates, two routes files and two
 * agreements files; loads without a mistake or a warning. For cmocka's group setup and teardown. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Sets a file's content, adding the file when it is new; NULL removes it. The text must outlive the load. */
void fixture_put(struct policy_fixture *fixture, const char *name, const char *content);
/* The project's files again, after a test changed them. */
void fixture_reset(struct policy_fixture *fixture);
/* A certificate PEM: of `system` on `bus`, made at that instant, from a key seeded by `seed`. Added as a file. */
void fixture_put_certificate(struct policy_fixture *fixture, const char *name, const char *bus, const char *system,
                             uint8_t seed, uint64_t now_ns);

/* Loads and returns the policy, failing the test with the report when there is any mistake or warning. */
struct policy *fixture_load(struct policy_fixture *fixture);
/* The same for a configuration that has that many warnings. */
struct policy *fixture_load_warned(struct policy_fixture *fixture, uint32_t warnings);
/* Loads, and returns the printed report with its summary, to be freed by the caller; and what the load returned. */
char *fixture_report(struct policy_fixture *fixture, int *ret_result);

/* 2026-12-31 at a time of day in GMT+7 → UTC ns. */
uint64_t fixture_time(const char *rfc3339);

#endif
