/* session.c - life of a session: connect, greet, keep alive, lose, connect again, close; and who handles which command.
 * No I/O: see session.h. Sending, receiving and asking are in the files beside it.
 * Called by the driver with every event. */
#include "session_internal.h"

#include <stdlib.h>

enum { LEVEL_ERROR = 3, LEVEL_WARNING = 4, LEVEL_INFO = 6, LEVEL_DEBUG = 7 };

/* A session that lived a while starts the row of waits anew; one that ends right after each welcome does not. */
static uint64_t next_backoff_ns(struct session *session, struct session_time now)
{
    if (session->state == SESSION_STATE_OPEN &&
        now.monotonic_ns - session->opened_ns >= SESSION_BACKOFF_MAX_MS * TIME_NS_PER_MS)
        session->attempts = 0;
    return session_backoff_ns(session, session->attempts++);
}

static int connect_now(struct session *session, struct session_time now)
{
    session->state = SESSION_STATE_CONNECTING;
    session->greeting_until_ns = now.monotonic_ns + SESSION_GREETING_MS * TIME_NS_PER_MS;
    return effect_plain(session, SESSION_CONNECT);
}

/* The connection is gone; what hung on it is put back to what it was before. */
static void lose_connection(struct session *session, struct session_time now, uint64_t retry_in_ns)
{
    publish_disconnected(session);
    receive_disconnected(session);
    blob_disconnected(session);
    session->notice[0] = 0;
    session->state = SESSION_STATE_WAITING;
    session->retry_at_ns = now.monotonic_ns + retry_in_ns;
}

static int drop_connection(struct session *session, struct session_time now, uint64_t retry_in_ns)
{
    lose_connection(session, now, retry_in_ns);
    return effect_plain(session, SESSION_DISCONNECT);
}

static int check_settings(const struct session_settings *settings, struct truc_fault *fault)
{
    const char *const names[] = {settings->bus, settings->system, settings->software};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i] == NULL || strlen(names[i]) > PROTOCOL_NAME_BYTES_MAX || (i < 2 && names[i][0] == 0))
            return fault_set(fault, TRUC_E_ARGUMENT, "bus, system or software is missing or longer than %d bytes",
                             PROTOCOL_NAME_BYTES_MAX);
    if (settings->queue_messages_max == 0 || settings->queue_messages_max > SESSION_QUEUE_MESSAGES_MAX)
        return fault_set(fault, TRUC_E_ARGUMENT, "queue_messages_max is not within 1..%d", SESSION_QUEUE_MESSAGES_MAX);
    if (settings->crypto == NULL)
        return fault_set(fault, TRUC_E_ARGUMENT, "a session needs its crypto");
    return 0;
}

int session_create(const struct session_settings *settings, struct session_time now, struct session **ret_session,
                   struct truc_fault *fault)
{
    int code = check_settings(settings, fault);
    if (code < 0)
        return code;
    struct session *session = calloc(1, sizeof *session);
    if (session == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a session");
    session->settings = *settings;
    copy_name(session->bus, sizeof session->bus, bytes_string(settings->bus));
    copy_name(session->system, sizeof session->system, bytes_string(settings->system));
    copy_name(session->software, sizeof session->software, bytes_string(settings->software));
    session->settings.bus = session->bus;
    session->settings.system = session->system;
    session->settings.software = session->software;
    session->random_state = settings->random_seed;
    session->receive_window_bytes = settings->receive_window_bytes;
    session->next_number = 1;
    session->message_bytes_max = PROTOCOL_MESSAGE_BYTES_MAX;
    list_init(&session->queue);
    list_init(&session->in_flight);
    list_init(&session->blobs);
    list_init(&session->effects);
    memcpy(session->inbound.hash_key, settings->session_id, sizeof session->inbound.hash_key);
    memcpy(session->peer_keys.hash_key, settings->session_id, sizeof session->peer_keys.hash_key);
    memcpy(session->asks.hash_key, settings->session_id, sizeof session->asks.hash_key);
    if ((code = connect_now(session, now)) < 0) {
        session_free(session);
        return fault_set(fault, code, "no memory for a session");
    }
    *ret_session = session;
    return 0;
}

void session_free(struct session *session)
{
    if (session == NULL)
        return;
    publish_free(session);
    receive_free(session);
    ask_free(session);
    blob_free(session);
    effects_free(session);
    buffer_free(&session->permissions);
    buffer_free(&session->scratch);
    buffer_free(&session->scratch_frame);
    memset(session->settings.salt_secret, 0, sizeof session->settings.salt_secret);
    __asm__ __volatile__("" : : "r"(session) : "memory"); /* the wipe is not dead */
    free(session);
}

int session_connected(struct session *session, struct session_time now)
{
    if (session->state != SESSION_STATE_CONNECTING)
        return 0; /* of a connection given up meanwhile */
    struct command hello = {
        .kind = COMMAND_HELLO,
        .hello = {.version_min = PROTOCOL_VERSION,
                  .version_max = PROTOCOL_VERSION,
                  .bus = bytes_string(session->bus),
                  .system = bytes_string(session->system),
                  .session = bytes_of(session->settings.session_id, PROTOCOL_SESSION_BYTES),
                  .software = bytes_string(session->software),
                  .receive_credit_bytes = session->is_draining ? 0 : session->receive_window_bytes}};
    session->state = SESSION_STATE_GREETING;
    session->heard_ns = now.monotonic_ns;
    return effect_send(session, &hello, now);
}

int session_disconnected(struct session *session, struct session_time now, const char *reason)
{
    if (session->state == SESSION_STATE_WAITING || session->state == SESSION_STATE_CLOSED)
        return 0;
    /* Say once that it is lost, not at each attempt. */
    int level = session->state == SESSION_STATE_OPEN || session->attempts == 0 ? LEVEL_WARNING : LEVEL_DEBUG;
    int code = effect_log(session, level, "not connected to the broker: %s", reason);
    if (code < 0)
        return code;
    lose_connection(session, now, next_backoff_ns(session, now));
    return 0;
}

static int handle_welcome(struct session *session, struct session_time now, const struct command_welcome *welcome)
{
    if (welcome->version != PROTOCOL_VERSION)
        return session_violation(session, now, TRUC_E_VERSION, "welcome with version %u, hello asked for %d",
                                 welcome->version, PROTOCOL_VERSION);
    if (!bytes_equal_string(welcome->bus, session->bus))
        return session_violation(session, now, TRUC_E_WRONG_BUS,
                                 "the broker serves bus '%.*s', this adapter is for '%s'", BYTES_PRINTF(welcome->bus),
                                 session->bus);
    if (welcome->heartbeat_ms < SESSION_HEARTBEAT_MIN_MS || welcome->heartbeat_ms > SESSION_HEARTBEAT_MAX_MS)
        return session_violation(session, now, TRUC_E_PROTOCOL, "welcome.heartbeat_ms %u is out of range",
                                 welcome->heartbeat_ms);
    if (welcome->message_bytes_max == 0 || welcome->message_bytes_max > PROTOCOL_MESSAGE_BYTES_MAX ||
        welcome->bundle_messages_max == 0 || welcome->bundle_messages_max > PROTOCOL_BUNDLE_MESSAGES_MAX ||
        welcome->publish_credit_bytes < welcome->message_bytes_max)
        return session_violation(session, now, TRUC_E_PROTOCOL, "welcome holds limits outside the protocol's");
    session->state = SESSION_STATE_OPEN;
    session->refusal = (struct truc_fault){0};
    session->opened_ns = now.monotonic_ns;
    session->welcomes++;
    session->is_sandbox = welcome->sandbox;
    session->heartbeat_ns = welcome->heartbeat_ms * TIME_NS_PER_MS;
    int code = permission_welcomed(session, welcome);
    if (code == 0)
        code = publish_welcomed(session, welcome);
    if (code == 0)
        code = receive_welcomed(session, now);
    return code < 0 ? code
                    : effect_log(session, LEVEL_INFO, "connected to bus %s as %s", session->bus, session->system);
}

/* The broker ends the session. Some reasons only a person can mend: then the adapter knocks rarely. */
static int handle_error(struct session *session, struct session_time now, const struct command_error *error)
{
    int code = code_of_wire(error->code);
    bool is_lasting = code == TRUC_E_FENCED || code == TRUC_E_NOT_SENDER || code == TRUC_E_UNKNOWN_KEY ||
                      code == TRUC_E_VERSION || code == TRUC_E_WRONG_BUS || code == TRUC_E_SUSPENDED ||
                      code == TRUC_E_ROLE;
    if (is_lasting) {
        fault_set(&session->refusal, code, "%.*s", BYTES_PRINTF(error->text));
        fault_hint(&session->refusal, "%.*s", BYTES_PRINTF(error->hint));
    }
    int result = effect_log(session, LEVEL_ERROR, "the broker ends the session: %s: %.*s%s%.*s", truc_error_name(code),
                            BYTES_PRINTF(error->text), error->hint.size ? "; " : "", BYTES_PRINTF(error->hint));
    if (result < 0)
        return result;
    uint64_t wait_ns = next_backoff_ns(session, now);
    return drop_connection(session, now,
                           is_lasting ? session_jittered_ns(session, SESSION_BACKOFF_REFUSED_MS) : wait_ns);
}

static int handle_notice(struct session *session, const struct command_error *notice)
{
    if (notice->code == 0) {
        bool was_blocked = session->notice[0] != 0;
        session->notice[0] = 0;
        return was_blocked ? effect_log(session, LEVEL_INFO, "the broker takes messages again") : 0;
    }
    copy_name(session->notice, sizeof session->notice, notice->text);
    return effect_log(session, LEVEL_WARNING, "the broker says: %s: %s", truc_error_name(code_of_wire(notice->code)),
                      session->notice);
}

static int handle_bye(struct session *session, struct session_time now, struct bytes text)
{
    int code = effect_log(session, LEVEL_INFO, "the broker says bye: %.*s", BYTES_PRINTF(text));
    return code < 0 ? code : drop_connection(session, now, next_backoff_ns(session, now));
}

static int handle_ping(struct session *session, struct session_time now, uint64_t number)
{
    struct command pong = {.kind = COMMAND_PONG, .ping = {.number = number}};
    return effect_send(session, &pong, now);
}

static int handle_credit(struct session *session, struct session_time now, uint64_t bytes)
{
    if (bytes > UINT64_MAX - session->credit_bytes)
        return session_violation(session, now, TRUC_E_PROTOCOL, "credit overflows");
    session->credit_bytes += bytes;
    return 0;
}

/* A welcome in an open session: a new configuration is in force. What this side sends was sent under the old limits, so other
 * limits are taken by connecting anew; with the same ones nothing ends and credit stays as it is. */
static int handle_new_configuration(struct session *session, struct session_time now,
                                    const struct command_welcome *welcome)
{
    const struct command bye = {.kind = COMMAND_BYE, .bye = {.text = bytes_string("the limits have changed")}};
    int code = permission_welcomed(session, welcome);
    if (code < 0)
        return code;
    session->is_sandbox = welcome->sandbox;
    if (welcome->message_bytes_max == session->message_bytes_max &&
        welcome->bundle_messages_max == session->bundle_messages_max &&
        welcome->publish_credit_bytes == session->credit_full_bytes &&
        welcome->heartbeat_ms * TIME_NS_PER_MS == session->heartbeat_ns)
        return effect_log(session, LEVEL_INFO, "the bus has a new configuration");
    code = effect_log(session, LEVEL_INFO, "the bus has new limits: connecting again");
    if (code == 0)
        code = effect_send(session, &bye, now);
    return code < 0 ? code : drop_connection(session, now, next_backoff_ns(session, now));
}

static int handle_open(struct session *session, struct session_time now, const struct command *command)
{
    switch (command->kind) {
    case COMMAND_WELCOME:
        return handle_new_configuration(session, now, &command->welcome);
    case COMMAND_OUTCOMES:
        return publish_outcomes(session, now, &command->outcomes);
    case COMMAND_CREDIT:
        return handle_credit(session, now, command->credit.bytes);
    case COMMAND_DELIVER:
        return receive_deliver(session, now, &command->deliver);
    case COMMAND_CERTIFICATE:
        return receive_certificate(session, now, &command->certificate);
    case COMMAND_FAILED:
        return ask_failed(session, &command->failed);
    case COMMAND_BLOB_STATE:
        return blob_state(session, now, &command->blob_state);
    case COMMAND_BLOB_CHUNK:
        return blob_chunk(session, now, &command->blob_chunk);
    default:
        return session_violation(session, now, TRUC_E_PROTOCOL, "'%s' is no command for a client in an open session",
                                 command_name(command->kind));
    }
}

static int handle_frame(struct session *session, struct session_time now, struct bytes frame)
{
    struct command command;
    struct truc_fault fault;
    if (command_decode(frame, &command, &fault) < 0)
        return session_violation(session, now, TRUC_E_PROTOCOL, "%s", fault.text);
    switch (command.kind) {
    case COMMAND_ERROR:
        return handle_error(session, now, &command.error);
    case COMMAND_NOTICE:
        return handle_notice(session, &command.error);
    case COMMAND_BYE:
        return handle_bye(session, now, command.bye.text);
    case COMMAND_PING:
        return handle_ping(session, now, command.ping.number);
    case COMMAND_PONG:
        return 0; /* having been heard is all it is for */
    default:
        break;
    }
    if (session->state == SESSION_STATE_OPEN)
        return handle_open(session, now, &command);
    if (command.kind != COMMAND_WELCOME)
        return session_violation(session, now, TRUC_E_SESSION, "'%s' came before welcome", command_name(command.kind));
    return handle_welcome(session, now, &command.welcome);
}

/* The parts only note that the broker broke the protocol: what closes a connection tells all of them, so it stands above them. */
int session_frame(struct session *session, struct session_time now, struct bytes frame)
{
    if (session->state != SESSION_STATE_GREETING && session->state != SESSION_STATE_OPEN)
        return 0; /* late frames of a connection given up */
    session->heard_ns = now.monotonic_ns;
    int code = handle_frame(session, now, frame);
    if (code < 0 || !session->is_violated)
        return code;
    session->is_violated = false;
    return drop_connection(session, now, next_backoff_ns(session, now));
}

static int keep_alive(struct session *session, struct session_time now)
{
    if (now.monotonic_ns - session->heard_ns >= SESSION_HEARTBEATS_MISSED_MAX * session->heartbeat_ns) {
        int code = effect_log(session, LEVEL_WARNING, "nothing was heard from the broker for %llu ms: connecting again",
                              (unsigned long long)((now.monotonic_ns - session->heard_ns) / TIME_NS_PER_MS));
        return code < 0 ? code : drop_connection(session, now, next_backoff_ns(session, now));
    }
    if (now.monotonic_ns - session->said_ns < session->heartbeat_ns)
        return 0;
    struct command ping = {.kind = COMMAND_PING, .ping = {.number = ++session->ping_number}};
    return effect_send(session, &ping, now);
}

static int give_up_greeting(struct session *session, struct session_time now)
{
    int code = effect_log(session, session->attempts == 0 ? LEVEL_WARNING : LEVEL_DEBUG,
                          "the broker did not answer within %d ms", SESSION_GREETING_MS);
    return code < 0 ? code : drop_connection(session, now, next_backoff_ns(session, now));
}

int session_tick(struct session *session, struct session_time now)
{
    int code = ask_tick(session, now);
    if (code < 0)
        return code;
    switch (session->state) {
    case SESSION_STATE_WAITING:
        return now.monotonic_ns >= session->retry_at_ns ? connect_now(session, now) : 0;
    case SESSION_STATE_CONNECTING:
    case SESSION_STATE_GREETING:
        return now.monotonic_ns >= session->greeting_until_ns ? give_up_greeting(session, now) : 0;
    case SESSION_STATE_OPEN:
        return keep_alive(session, now);
    case SESSION_STATE_CLOSED:
        return 0;
    }
    return 0;
}

int session_flush(struct session *session, struct session_time now)
{
    if (session->state != SESSION_STATE_OPEN)
        return 0;
    int code = receive_flush(session, now); /* receipts first: they free keys that others wait behind */
    if (code == 0)
        code = publish_flush(session, now);
    return code < 0 ? code : blob_flush(session, now);
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t session_wake_ns(const struct session *session)
{
    uint64_t wake_ns = ask_wake_ns(session);
    switch (session->state) {
    case SESSION_STATE_WAITING:
        return earlier(wake_ns, session->retry_at_ns);
    case SESSION_STATE_CONNECTING:
    case SESSION_STATE_GREETING:
        return earlier(wake_ns, session->greeting_until_ns);
    case SESSION_STATE_OPEN:
        wake_ns = earlier(wake_ns, earlier(publish_wake_ns(session), receive_wake_ns(session)));
        wake_ns = earlier(wake_ns, blob_wake_ns(session));
        wake_ns = earlier(wake_ns, session->heard_ns + SESSION_HEARTBEATS_MISSED_MAX * session->heartbeat_ns);
        return earlier(wake_ns, session->said_ns + session->heartbeat_ns);
    case SESSION_STATE_CLOSED:
        break;
    }
    return UINT64_MAX;
}

void session_drain(struct session *session)
{
    session->is_draining = true;
}

bool session_is_drained(const struct session *session)
{
    return session->pending_count == 0 && session->asks.count == 0 && session->inbound.count == 0 &&
           list_is_empty(&session->blobs) && (session->settlement_count == 0 || session->state != SESSION_STATE_OPEN);
}

int session_close(struct session *session, struct session_time now)
{
    if (session->state == SESSION_STATE_CLOSED)
        return 0;
    int code = 0;
    if (session->state == SESSION_STATE_OPEN) {
        struct command bye = {.kind = COMMAND_BYE, .bye = {.text = bytes_string("closing")}};
        code = effect_send(session, &bye, now);
    }
    if (code == 0 && session->state != SESSION_STATE_WAITING)
        code = effect_plain(session, SESSION_DISCONNECT);
    publish_disconnected(session);
    receive_disconnected(session);
    session->state = SESSION_STATE_CLOSED;
    if (code == 0)
        code = publish_close(session);
    if (code == 0)
        code = blob_close(session);
    return code == 0 ? ask_close(session) : code;
}

bool session_is_open(const struct session *session)
{
    return session->state == SESSION_STATE_OPEN;
}

bool session_is_sandbox(const struct session *session)
{
    return session_is_open(session) && session->is_sandbox;
}

size_t session_pending(const struct session *session)
{
    return session->pending_count;
}

struct session_counts session_counts(const struct session *session)
{
    return (struct session_counts){.welcomes = session->welcomes,
                                   .retried = session->retried,
                                   .pending_messages = session->pending_count,
                                   .inbound_messages = session->inbound.count,
                                   .pending_bytes = session->pending_bytes};
}

int session_refused(const struct session *session, struct truc_fault *fault)
{
    if (session->refusal.code && fault)
        *fault = session->refusal;
    return session->refusal.code;
}

const char *session_blocked_reason(const struct session *session)
{
    return session->notice;
}
