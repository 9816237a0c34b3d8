/* test_drain.c - promises of truc_run's end: SIGTERM lets what is in progress end, a second one does not wait for it.
 * A real process, stopped in the middle of a publish; the broker is small_broker.h. No waiting but for conditions.
 * See docs/sdk.md, "Threads and loops". */
#include "small_broker.h"

#include "cmocka_start.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the process ---- */

static void log_nothing(void *context, int level, const char *text)
{
    (void)context;
    (void)level;
    (void)text;
}

/* One byte to standard output: 'a' accepted, 'c' closed before an answer came, '?' anything else. */
static void say_outcome(void *context, const struct truc_outcome *outcome)
{
    char letter = '?';
    (void)context;
    if (outcome->code == 0)
        letter = 'a';
    else if (outcome->code == TRUC_E_CLOSED)
        letter = 'c';
    (void)!write(STDOUT_FILENO, &letter, 1);
}

/* The program is told to stop while a handler runs, and the handler publishes after that. */
static int stop_and_publish(truc_request *request, void *context)
{
    struct truc_outgoing message = {.size = sizeof message, .type = "dossier.rated", .classification = TRUC_NOT_SECRET};
    (void)context;
    if (raise(SIGTERM) != 0 || truc_publish(truc_request_adapter(request), &message, say_outcome, NULL, NULL) < 0)
        return truc_reject(request, TRUC_E_INTERNAL, NULL, "");
    return truc_done(request);
}

static int be_the_program(const char *settings)
{
    struct truc_options options = {.size = sizeof options, .settings = settings, .log = log_nothing};
    truc_adapter *adapter = NULL;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (truc_adapter_open(&options, &adapter, NULL) < 0 ||
        truc_serve(adapter, "dossier.received", stop_and_publish, NULL) < 0)
        return 99;
    int status = truc_run(adapter);
    truc_adapter_close(adapter);
    return status;
}

/* ---- the tests ---- */

struct program {
    pid_t id;
    int output;
};

static struct program start(const struct small_broker *broker)
{
    int ends[2];
    char settings[128];
    broker_path(broker, "settings.yaml", settings);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)execl("/proc/self/exe", "test_drain", "--run", settings, (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    return (struct program){.id = child, .output = ends[0]};
}

/* In the middle of its publish, told to stop, and alive. */
static struct program start_and_stop(struct small_broker *broker)
{
    const struct broker_message event = {
        .id = "e", .type = "dossier.received", .payload = "x", .kind = TRUC_EVENT, .sequence = 7, .attempt = 1};
    broker_begin(broker);
    broker->is_answering = false;
    struct program program = start(broker);
    broker_pump_until(broker, NULL, &broker->hello_count, 1);
    broker_deliver(broker, &event);
    broker_pump_until(broker, NULL, &broker->published_count, 1);
    broker_pump_until(broker, NULL, &broker->settled_count, 1);
    assert_int_equal(broker->settled[0].outcome, SETTLED_DONE);
    assert_int_equal(waitpid(program.id, NULL, WNOHANG), 0);
    return program;
}

/* Until the program has said bye and ended; its status, and the one letter it wrote. */
static char end_of(struct small_broker *broker, const struct program *program)
{
    char letters[4] = {0};
    int status;
    broker_pump_until(broker, NULL, &broker->bye_count, 1); /* fails after ten seconds: half the time of a drain */
    assert_int_equal(waitpid(program->id, &status, 0), program->id);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(read(program->output, letters, sizeof letters), 1);
    (void)close(program->output);
    return letters[0];
}

static void test_sigterm_waits_for_what_is_published(void **state)
{
    struct small_broker broker;
    (void)state;
    struct program program = start_and_stop(&broker);
    broker_stop(&broker); /* the connection is lost on top of it */
    broker.is_answering = true;
    broker_listen(&broker);
    assert_int_equal(end_of(&broker, &program), 'a');
    assert_string_equal(broker.published[0].id, broker.published[1].id);
    broker_end(&broker);
}

static void test_a_second_sigterm_waits_for_nothing(void **state)
{
    struct small_broker broker;
    (void)state;
    struct program program = start_and_stop(&broker);
    assert_int_equal(kill(program.id, SIGTERM), 0);
    assert_int_equal(end_of(&broker, &program), 'c');
    broker_end(&broker);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sigterm_waits_for_what_is_published),
        cmocka_unit_test(test_a_second_sigterm_waits_for_nothing),
    };
    if (argc == 3 && strcmp(argv[1], "--run") == 0)
        return be_the_program(argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
