/* doctor_broker.c - whether the broker answers, how fast, what holds it back, and whether its rules are those on disk.
 * Not: the state of each queue: truc status. Nobody listening is bad where a broker writes the journal, or is far away.
 * See doctor.h. */
#include "cli_words.h"
#include "doctor.h"

#include "cli_client.h"
#include "cli_file.h"
#include "cli_format.h"
#include "init_plan.h"
#include "operator_answer.h"
#include "policy_load.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REACH_MS_MAX = 2000, ENDPOINT_BYTES = 256 };

static uint64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* ---- the listening addresses ---- */

/* 0, or errno's number. */
static int connect_within(const struct addrinfo *address)
{
    int error = 0, file = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = sizeof error;
    if (file < 0)
        return errno;
    if (connect(file, address->ai_addr, address->ai_addrlen) < 0 && errno != EINPROGRESS)
        error = errno;
    struct pollfd ready = {.fd = file, .events = POLLOUT};
    if (error == 0 && poll(&ready, 1, REACH_MS_MAX) <= 0)
        error = ETIMEDOUT;
    if (error == 0 && getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
        error = errno;
    close(file);
    return error;
}

/* Of "tcp://ADDRESS:PORT". Other transports are left to ZeroMQ. */
static void check_address(struct doctor *doctor, const char *endpoint)
{
    char client[ENDPOINT_BYTES], *host = client + sizeof "tcp://" - 1;
    struct addrinfo *found = NULL;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    if (strncmp(endpoint, "tcp://", 6) != 0 || init_client_endpoint(endpoint, client, sizeof client, NULL) < 0)
        return;
    char *colon = strrchr(host, ':');
    if (colon == NULL)
        return;
    *colon = '\0';
    if (*host == '[' && colon > host + 1 && colon[-1] == ']') {
        host++;
        colon[-1] = '\0';
    }
    int failed = getaddrinfo(host, colon + 1, &hints, &found);
    int error = failed || found == NULL ? 0 : connect_within(found);
    if (failed == 0 && error == 0) {
        doctor_say(doctor, DOCTOR_GOOD, "address", _("%s can be reached"), endpoint);
    } else {
        doctor_say(doctor, DOCTOR_BAD, "address", _("%s can't be reached: %s"), endpoint,
                   failed ? gai_strerror(failed) : strerror(error));
        doctor_advise(doctor, _("see who listens: ss -ltnp; an address is bound at trucd's start only"));
    }
    if (found)
        freeaddrinfo(found);
}

/* ---- its answer ---- */

/* The rules on disk and those in force. */
static void compare_rules(struct doctor *doctor, const struct operator_status *status)
{
    char folder[CLI_PATH_BYTES];
    struct policy *policy = NULL;
    struct policy_report report = {0};
    const struct policy_load_options options = {.now_ns = doctor->cli->now_ns};
    if (cli_path(folder, NULL, "%s/config", doctor->cli->state) == 0 &&
        policy_load_directory(folder, &options, &policy, &report) == 0 && policy) {
        if (!bytes_equal(status->configuration, sha256_view(&policy->hash))) {
            doctor_say(doctor, DOCTOR_WARN, "in-force", _("the configuration in %s is not the one in force"), folder);
            doctor_advise(doctor, _("truc check, then truc reload --reason TEXT"));
        }
        for (uint32_t i = 0; i < policy->listen_count; i++)
            check_address(doctor, policy->listen[i]);
    }
    policy_report_free(&report);
    policy_free(policy);
}

static uint64_t count_dead(struct bytes queues)
{
    struct operator_queue queue;
    size_t offset = 0;
    uint64_t dead = 0;
    while (operator_queue_next(queues, &offset, &queue, NULL) > 0)
        dead += queue.dead;
    return dead;
}

static void judge_pauses(struct doctor *doctor, struct bytes queues)
{
    struct operator_queue queue;
    size_t offset = 0;
    while (operator_queue_next(queues, &offset, &queue, NULL) > 0)
        if (queue.paused_by.size) {
            doctor_say(doctor, DOCTOR_WARN, "paused", _("nothing is delivered to %.*s: paused by %.*s: %.*s"),
                       BYTES_PRINTF(queue.system), BYTES_PRINTF(queue.paused_by), BYTES_PRINTF(queue.paused_reason));
            doctor_advise(doctor, _("when the reason is gone: truc queue resume"));
        } else if (queue.held_up.size) {
            doctor_say(doctor, DOCTOR_WARN, "held-up", "%.*s: %.*s", BYTES_PRINTF(queue.system),
                       BYTES_PRINTF(queue.held_up));
            doctor_advise(doctor, _("what its receiver asks to retry, and why: truc queue show"));
        }
}

static void judge_index(struct doctor *doctor, const struct operator_status *status)
{
    char count[CLI_NUMBER_BYTES];
    if (!status->indexed)
        return;
    const char *behind = cli_format_count(operator_index_behind(status), count);
    if (status->index_trouble.size) {
        doctor_say(doctor, DOCTOR_WARN, "index", _("the search index is %s records behind: %.*s"), behind,
                   BYTES_PRINTF(status->index_trouble));
        doctor_advise(doctor, _("searches still find everything, and take longer; it tries again by itself"));
    } else if (status->index_behind_ms > OPERATOR_INDEX_BEHIND_MS) {
        doctor_say(doctor, DOCTOR_WARN, "index", _("the search index is %s records behind"), behind);
        doctor_advise(doctor, _("it catches up when there is less to do; until then searches take longer"));
    } else {
        doctor_say(doctor, DOCTOR_GOOD, "index", _("the search index has caught up"));
    }
}

static void judge_answer(struct doctor *doctor, const struct operator_status *status, uint64_t took_us)
{
    char up[TIME_TEXT_BYTES], count[CLI_NUMBER_BYTES];
    uint64_t dead = count_dead(status->queues);
    uint64_t up_ns = status->time_ns > status->started_ns ? status->time_ns - status->started_ns : 0;
    doctor_say(doctor, DOCTOR_GOOD, "broker", _("the broker lets us in and answers within %llu,%llu ms; it is up %s"),
               (unsigned long long)took_us / 1000, (unsigned long long)took_us % 1000 / 100,
               cli_format_uptime(up_ns, up));
    if (status->blocked) {
        doctor_say(doctor, DOCTOR_BAD, "blocked", _("no message is taken: %.*s"), BYTES_PRINTF(status->blocked_text));
        doctor_advise(doctor, _("free what is short; it goes on by itself"));
    }
    if (dead > 0) {
        doctor_say(doctor, DOCTOR_WARN, "dead-letters", _("%s messages need a person"), cli_format_count(dead, count));
        doctor_advise(doctor, _("truc dead list says why"));
    }
    judge_pauses(doctor, status->queues);
    judge_index(doctor, status);
    compare_rules(doctor, status);
}

void doctor_check_broker(struct doctor *doctor)
{
    struct truc_fault fault = {0};
    struct cli_client *client = NULL;
    struct command_answer answer = {0};
    struct operator_status status = {0};
    uint64_t begun_us = now_us();
    int code = cli_broker_open(doctor->cli, doctor->arguments, -1, &client, &fault);
    if (code == 0)
        code = cli_client_call(client, "status", BYTES_EMPTY, &answer, &fault);
    if (code == 0)
        code = operator_status_decode(answer.result, &status, &fault);
    if (code == 0) {
        judge_answer(doctor, &status, now_us() - begun_us);
    } else if (code == TRUC_E_UNAVAILABLE && doctor->broker == 0 && doctor->cli->settings == NULL) {
        doctor_say(doctor, DOCTOR_WARN, "broker", _("no broker runs here"));
        doctor_advise(doctor, _("start it: systemctl start trucd, or trucd --state %s"), doctor->cli->state);
    } else {
        doctor_say_fault(doctor, doctor->broker || doctor->cli->settings ? DOCTOR_BAD : DOCTOR_WARN, "broker", &fault);
    }
    cli_client_close(client);
}
