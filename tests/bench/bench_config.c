/* bench_config.c - systems, routes and agreements by the thousand, as YAML.
 * See bench_config.h.
 * One agreement for each pair of systems between which a route lies. */
#include "bench_config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "bench_run.h"
#include "fault.h"

enum { RECEIVERS_MAX = 60, RULES_A_FILE = 2000 /* a file has at most 1 MiB */ };

struct writing {
    const char *folder;
    FILE *routes, *agreements;
    unsigned routes_count, agreements_count;
    int code; /* the first failure */
    struct truc_fault *fault;
};

static FILE *open_file(struct writing *writing, const char *sub, const char *name)
{
    char path[KIT_PATH_BYTES];
    if (writing->code < 0)
        return NULL;
    writing->code = kit_path(path, writing->fault, "%s/%s", writing->folder, sub);
    if (writing->code == 0 && mkdir(path, 0700) < 0 && errno != EEXIST)
        writing->code = fault_errno(writing->fault, TRUC_E_IO, errno, "%s", path);
    if (writing->code == 0)
        writing->code = kit_path(path, writing->fault, "%s/%s%s.yaml", writing->folder, sub, name);
    FILE *file = writing->code == 0 ? fopen(path, "we") : NULL;
    if (writing->code == 0 && file == NULL)
        writing->code = fault_errno(writing->fault, TRUC_E_IO, errno, "%s", path);
    return file;
}

static void close_file(struct writing *writing, FILE *file)
{
    if (file == NULL)
        return;
    int failed = ferror(file); /* before its number is gone */
    if ((fclose(file) != 0 || failed) && writing->code == 0)
        writing->code = fault_set(writing->fault, TRUC_E_IO, "%s can't be written", writing->folder);
}

static void begin(struct writing *writing)
{
    if (mkdir(writing->folder, 0700) < 0)
        writing->code = fault_errno(writing->fault, TRUC_E_IO, errno, "%s", writing->folder);
    FILE *bus = open_file(writing, "", "bus");
    if (bus)
        fputs("bus: bench\ntitle: Trục đo hiệu năng\nlisten: [tcp://127.0.0.1:7402]\nca: certs/ca.pem\nschemas: "
              "truc.descriptors\n",
              bus);
    close_file(writing, bus);
    writing->routes = open_file(writing, "routes", "/bench");
    writing->agreements = open_file(writing, "agreements", "/bench");
    if (writing->code == 0) {
        fputs("routes:\n", writing->routes);
        fputs("agreements:\n", writing->agreements);
    }
}

static int end(struct writing *writing)
{
    close_file(writing, writing->routes);
    close_file(writing, writing->agreements);
    return writing->code;
}

/* The file for one more rule: another one when this one is full. */
static FILE *next_file(struct writing *writing, const char *sub, FILE *file, unsigned *count)
{
    char name[32];
    if (writing->code < 0 || *count == 0 || *count % RULES_A_FILE != 0) {
        ++*count;
        return file;
    }
    close_file(writing, file);
    (void)snprintf(name, sizeof name, "/bench-%u", ++*count / RULES_A_FILE);
    file = open_file(writing, sub, name);
    if (file)
        fprintf(file, "%s:\n", sub);
    return file;
}

static void write_system(struct writing *writing, const char *id, const char *role)
{
    char name[64];
    (void)snprintf(name, sizeof name, "/%s", id);
    FILE *file = open_file(writing, "systems", name);
    if (file)
        fprintf(file,
                "id: %s\ntitle: Hệ thống %s\ncontact: Nhóm phát triển\n%stransport-keys: [keys/%s.pub]\n"
                "certificates: [certs/%s.pem]\n",
                id, id, role, id, id);
    close_file(writing, file);
}

static void write_agreement(struct writing *writing, const char *from, const char *to)
{
    writing->agreements = next_file(writing, "agreements", writing->agreements, &writing->agreements_count);
    if (writing->code == 0)
        fprintf(writing->agreements,
                "  - {name: %s-to-%s, provider: %s, consumer: %s, types: [document.send], purpose: Đo hiệu năng,\n"
                "     basis: internal-rule, valid: {from: 2020-01-01}}\n",
                from, to, from, to);
}

static void write_route(struct writing *writing, const char *from, const char *content, const char *to)
{
    writing->routes = next_file(writing, "routes", writing->routes, &writing->routes_count);
    if (writing->code == 0)
        fprintf(writing->routes,
                "  - {name: %s-%s, from: [%s], type: document.send, match: {body.document_id: %s}, to: [%s],\n"
                "     order-by: subject}\n",
                from, content, from, content, to);
}

static void scale_name(uint32_t system, char out[32])
{
    if (system <= BENCH_RECEIVER)
        (void)snprintf(out, 32, "bench-%c", 'a' + (int)system);
    else
        (void)snprintf(out, 32, "x-%04u", system);
}

/* Route `candidate` of a system: the first of a measured sender takes what is measured, all others ask for what nobody sends.
 * They lead to the same few systems, for a bus lets a type go to at most 64. */
static void write_candidate(struct writing *writing, uint32_t system, uint32_t candidate, uint32_t systems)
{
    char from[32], to[32], content[32];
    bool measured = system < BENCH_SENDERS && candidate == 0;
    uint32_t others = systems - BENCH_WORKERS;
    if (others > RECEIVERS_MAX)
        others = RECEIVERS_MAX;
    uint32_t own = (system + others - BENCH_WORKERS) % others; /* and the next ones are never the system itself */
    scale_name(system, from);
    scale_name(measured ? BENCH_RECEIVER : BENCH_WORKERS + (own + 1 + candidate) % others, to);
    (void)snprintf(content, sizeof content, measured ? "to-1" : "other-%u", candidate);
    write_route(writing, from, content, to);
    write_agreement(writing, from, to);
}

int bench_config_scale(const char *folder, uint32_t systems, uint32_t routes, struct truc_fault *fault)
{
    struct writing writing = {.folder = folder, .fault = fault};
    char name[32];
    if (systems < BENCH_CANDIDATES + 4 || routes < BENCH_SENDERS || routes > systems * BENCH_CANDIDATES)
        return fault_set(fault, TRUC_E_ARGUMENT, "%u routes can't lie between %u systems", routes, systems);
    begin(&writing);
    for (uint32_t system = 0; system < systems; system++) {
        scale_name(system, name);
        write_system(&writing, name, "");
    }
    write_system(&writing, "operator", "role: operator\n");
    /* Candidate by candidate for the two senders that are measured, then system by system for the others. */
    uint32_t own = BENCH_SENDERS * BENCH_CANDIDATES;
    for (uint32_t route = 0; route < routes; route++)
        if (route < own)
            write_candidate(&writing, route % BENCH_SENDERS, route / BENCH_SENDERS, systems);
        else
            write_candidate(&writing, route / BENCH_CANDIDATES, route % BENCH_CANDIDATES, systems);
    return end(&writing);
}

int bench_config_exchange(const char *folder, uint32_t systems, struct truc_fault *fault)
{
    static const struct bench_plan plan = {.way = BENCH_EXCHANGE};
    struct writing writing = {.folder = folder, .fault = fault};
    begin(&writing);
    for (uint32_t system = 0; system < systems; system++) {
        char from[32], to[BENCH_SPREAD][32], list[BENCH_SPREAD * 34] = "";
        bench_system_name(&plan, system, from);
        write_system(&writing, from, "");
        for (uint32_t i = 0; i < BENCH_SPREAD; i++) {
            char content[32];
            size_t used = strlen(list);
            bench_system_name(&plan, (system + 1 + i) % systems, to[i]);
            (void)snprintf(content, sizeof content, "to-%u", i + 1);
            (void)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", to[i]);
            write_route(&writing, from, content, list);
            write_agreement(&writing, from, to[i]);
        }
    }
    write_system(&writing, "operator", "role: operator\n");
    return end(&writing);
}
