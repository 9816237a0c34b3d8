/* test_overload.c - a real broker with 256 MiB, and more than it can serve: ten thousand connections of strangers, and a destination
 * that is away while messages for it come in. Those who behave are served meanwhile, in order, and the memory stays what it was.
 * The same questions without a machine in them: tests/unit/core/test_a_bad_one_harms_no_other.c.
 * TRUC_AWAY_MESSAGES=4300000 TRUC_AWAY_WAIT_S=1800 makes the second a day of a province; CTest takes 20,000. */
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test_document.h"

enum {
    MEMORY_BYTES = 256 * 1024 * 1024,
    STRANGERS = 10000,
    STRANGERS_A_STEP = 200,
    OWN_DESCRIPTORS = 200, /* of this process and its adapters */
    SERVED_MEANWHILE = 500,
    WAIT_S = 120,
    AWAY_MESSAGES = 20000,
    AWAY_KEYS = 512,
    AWAY_WINDOW = 512,
    GROWTH_BYTES_MAX = 48 * 1024 * 1024, /* from a quarter of the messages to all of them: ids in memory have a bound */
};

/* ---- the broker's memory ---- */

/* Its data: beyond it there is no memory to be had. A cgroup would need root and a machine's consent. */
static void limit_memory(pid_t broker)
{
#ifndef TRUC_SANITIZED /* whose shadow memory is larger */
    const struct rlimit limit = {MEMORY_BYTES, MEMORY_BYTES};
    assert_int_equal(prlimit(broker, RLIMIT_DATA, &limit, NULL), 0);
#else
    (void)broker;
    print_message("no limit of memory: a build with sanitizers has shadows of it\n");
#endif
}

/* A line of /proc/PID/status in kB, as bytes. */
static size_t memory_of(pid_t broker, const char *line)
{
    char path[64], text[256];
    size_t size = 0;
    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)broker);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (size == 0 && fgets(text, sizeof text, file))
        if (strncmp(text, line, strlen(line)) == 0)
            size = strtoul(text + strlen(line), NULL, 10) << 10;
    fclose(file);
    assert_true(size > 0);
    return size;
}

static void expect_small(pid_t broker)
{
    size_t most = memory_of(broker, "VmHWM:");
    print_message("the broker's memory: %zu MiB at most\n", most >> 20);
#ifndef TRUC_SANITIZED
    assert_in_range(most, 1, MEMORY_BYTES);
#endif
}

/* ---- strangers ---- */

static unsigned strangers_wanted(void)
{
    struct rlimit descriptors;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &descriptors), 0);
    descriptors.rlim_cur = descriptors.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &descriptors), 0);
    if (descriptors.rlim_max >= STRANGERS + OWN_DESCRIPTORS)
        return STRANGERS;
    if (descriptors.rlim_max < 2 * OWN_DESCRIPTORS) {
        print_message("SKIP: only %llu descriptors\n", (unsigned long long)descriptors.rlim_max);
        skip();
    }
    print_message("only %llu strangers: so many descriptors are allowed\n",
                  (unsigned long long)descriptors.rlim_max - OWN_DESCRIPTORS);
    return (unsigned)descriptors.rlim_max - OWN_DESCRIPTORS;
}

/* ZMTP 3.1: signature, version, mechanism CURVE, as client; then it says nothing more, for it has no key. */
static void greet(int stranger)
{
    static const uint8_t greeting[64] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 1, 'C', 'U', 'R', 'V', 'E'};
    (void)send(stranger, greeting, sizeof greeting, MSG_DONTWAIT | MSG_NOSIGNAL); /* it may not be let in any more */
}

static unsigned connect_strangers(const struct sockaddr_in *broker, int *strangers, unsigned count, unsigned wanted)
{
    for (unsigned i = 0; i < STRANGERS_A_STEP && count < wanted; i++) {
        int stranger = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        assert_true(stranger >= 0);
        assert_true(connect(stranger, (const struct sockaddr *)broker, sizeof *broker) == 0 || errno == EINPROGRESS);
        strangers[count++] = stranger;
    }
    return count;
}

static struct sockaddr_in address_of(const struct load *load)
{
    struct sockaddr_in broker = {.sin_family = AF_INET};
    const char *colon = strrchr(load->bus.endpoint, ':');
    assert_non_null(colon);
    broker.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &broker.sin_addr), 1);
    return broker;
}

static void serve_until(struct load *load, unsigned taken)
{
    uint64_t until_ns = kit_now_ns() + WAIT_S * 1000000000ull;
    while (load->ledger.taken < taken && kit_now_ns() < until_ns)
        load_step(load, -1);
    assert_true(load->ledger.taken >= taken);
}

static void ten_thousand_strangers_do_not_hurt(void **state)
{
    struct load *load = *state;
    static int strangers[STRANGERS];
    unsigned wanted = strangers_wanted(), count = 0;
    const struct sockaddr_in broker = address_of(load);
    limit_memory(load->bus.broker.pid);
    serve_until(load, 1);
    while (count < wanted) {
        count = connect_strangers(&broker, strangers, count, wanted);
        load_step(load, -1);
        for (unsigned i = count < STRANGERS_A_STEP ? 0 : count - STRANGERS_A_STEP; i < count; i += 2)
            greet(strangers[i]); /* the others do not even say that */
    }
    serve_until(load, load->ledger.taken + SERVED_MEANWHILE);
    assert_true(truc_is_connected(load->sender));
    assert_true(truc_is_connected(load->receiver));
    expect_small(load->bus.broker.pid);
    for (unsigned i = 0; i < count; i++)
        close(strangers[i]);
    truc_adapter_close(load->receiver); /* and who comes after them is let in */
    load_open_receiver(load);
    serve_until(load, load->ledger.taken + 1);
    load_judge(load);
}

/* ---- a destination that is away ---- */

struct away {
    truc_adapter *adapter;
    unsigned total, offered, accepted, taken;
    unsigned next[AWAY_KEYS]; /* the number that is to come of each key */
};

static unsigned number_from(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void count_accepted(void *context, const struct truc_outcome *outcome)
{
    struct away *away = context;
    if (outcome->code == TRUC_E_CLOSED)
        return; /* the test has failed, and takes things down */
    if (outcome->code != 0)
        fail_msg("%s: %s", truc_error_name(outcome->code), outcome->text);
    away->accepted++;
}

static int take_in_order(truc_request *request, void *context)
{
    struct away *away = context;
    unsigned number = (unsigned)strtoul(truc_request_id(request) + strlen("away-"), NULL, 10), key = number % AWAY_KEYS;
    if (number != away->next[key])
        fail_msg("away-%u came, and away-%u should have", number, away->next[key]);
    away->next[key] += AWAY_KEYS;
    away->taken++;
    return truc_done(request);
}

static void publish_away(struct away *away)
{
    char id[32], key[16];
    struct truc_fault fault = {0};
    (void)snprintf(id, sizeof id, "away-%u", away->offered);
    (void)snprintf(key, sizeof key, "key-%u", away->offered % AWAY_KEYS);
    const struct test_document document = {.id = id, .key = key};
    load_done(test_document_publish(away->adapter, &document, count_accepted, away, &fault), &fault);
    away->offered++;
}

static void step_away(struct away *away)
{
    struct truc_fault fault = {0};
    struct pollfd ready = {.fd = truc_fd(away->adapter), .events = POLLIN};
    if (poll(&ready, 1, truc_timeout_ms(away->adapter)) < 0 && errno != EINTR)
        fail_msg("poll");
    load_done(truc_step(away->adapter, &fault), &fault);
}

static void send_to_the_absent(struct away *away, const struct load *load, unsigned until)
{
    uint64_t until_ns = kit_now_ns() + number_from("TRUC_AWAY_WAIT_S", WAIT_S) * 1000000000ull;
    away->adapter = load->sender;
    while (away->accepted < until && kit_now_ns() < until_ns) {
        while (away->offered < until && truc_publish_pending(away->adapter) < AWAY_WINDOW)
            publish_away(away);
        step_away(away);
    }
    assert_int_equal(away->accepted, until);
}

static void all_that_came_while_it_was_away_is_delivered_in_order(void **state)
{
    struct load *load = *state;
    static struct away away;
    struct truc_fault fault = {0};
    const struct truc_options options = {.size = sizeof options, .settings = load->settings[1], .inbox = "memory"};
    away = (struct away){.total = number_from("TRUC_AWAY_MESSAGES", AWAY_MESSAGES)};
    for (unsigned i = 0; i < AWAY_KEYS; i++)
        away.next[i] = i;
    limit_memory(load->bus.broker.pid);
    truc_adapter_close(load->receiver);
    load->receiver = NULL;
    send_to_the_absent(&away, load, away.total / 4);
    size_t quarter = memory_of(load->bus.broker.pid, "VmRSS:");
    send_to_the_absent(&away, load, away.total);
    size_t all = memory_of(load->bus.broker.pid, "VmRSS:");
    print_message("%u messages waited: %zu MiB, and %zu MiB with a quarter of them\n", away.total, all >> 20,
                  quarter >> 20);
    assert_true(all < quarter + GROWTH_BYTES_MAX);
    load_done(truc_adapter_open(&options, &load->receiver, &fault), &fault);
    assert_int_equal(truc_serve(load->receiver, "document.send", take_in_order, &away), 0);
    away.adapter = load->receiver;
    uint64_t until_ns = kit_now_ns() + number_from("TRUC_AWAY_WAIT_S", WAIT_S) * 1000000000ull;
    while (away.taken < away.total && kit_now_ns() < until_ns)
        step_away(&away);
    assert_int_equal(away.taken, away.total);
    expect_small(load->bus.broker.pid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ten_thousand_strangers_do_not_hurt, load_set_up, load_tear_down),
        cmocka_unit_test_setup_teardown(all_that_came_while_it_was_away_is_delivered_in_order, load_set_up,
                                        load_tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
