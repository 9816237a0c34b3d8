/* adapter.c - opening and closing an adapter: settings, keys, inbox, transport and session put together.
 * No decisions of the protocol; what moves is in adapter_step.c.
 * Behind the opening part of truc/truc.h. */
#include "adapter.h"

#include <sodium.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#ifndef TRUC_VERSION
#error "TRUC_VERSION comes from the build"
#endif

enum { LEVEL_ERROR = 3 };

const char *truc_version(void)
{
    return TRUC_VERSION;
}

/* ---- opening ---- */

static int open_descriptors(struct truc_adapter *adapter, struct truc_fault *fault)
{
    adapter->epoll = epoll_create1(EPOLL_CLOEXEC);
    adapter->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    const int descriptors[] = {adapter->wake, transport_fd(adapter->transport)};
    for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++) {
        struct epoll_event event = {.events = EPOLLIN};
        if (adapter->epoll < 0 || descriptors[i] < 0 ||
            epoll_ctl(adapter->epoll, EPOLL_CTL_ADD, descriptors[i], &event) < 0)
            return fault_errno(fault, TRUC_E_IO, errno, "no descriptor to wait for");
    }
    return 0;
}

static int open_keyring(struct truc_adapter *adapter, struct truc_fault *fault)
{
    const struct settings *settings = &adapter->settings;
    struct keyring_files files = {.bus = settings->bus,
                                  .system = settings->system,
                                  .signing_key = buffer_view(&settings->signing_key),
                                  .token = settings->signing_token,
                                  .token_pin = buffer_view(&settings->token_pin),
                                  .certificate = buffer_view(&settings->certificate),
                                  .authority = buffer_view(&settings->authority)};
    int code = keyring_open(&files, adapter_time().wall_ns, &adapter->keyring, fault);
    buffer_free(&adapter->settings.signing_key); /* wiped: from here on only the keyring holds it */
    buffer_free(&adapter->settings.token_pin);
    return code;
}

static int open_inbox(struct truc_adapter *adapter, const char *override, struct truc_fault *fault)
{
    const char *inbox = override ? override : adapter->settings.inbox;
    return strcmp(inbox, "memory") == 0 ? inbox_open_memory(&adapter->inbox, fault)
                                        : inbox_open_file(inbox, &adapter->inbox, fault);
}

static int open_transport(struct truc_adapter *adapter, struct truc_fault *fault)
{
    const struct settings *settings = &adapter->settings;
    struct transport_settings transport = {.endpoints = settings->brokers,
                                           .endpoint_count = settings->broker_count,
                                           .server_keys = settings->server_keys,
                                           .server_key_count = settings->server_key_count,
                                           .public_key = settings->transport_key.public_text,
                                           .secret_key = settings->transport_key.secret_text};
    return transport_open(&transport, &adapter->transport, fault);
}

static int open_session(struct truc_adapter *adapter, struct truc_fault *fault)
{
    const struct settings *settings = &adapter->settings;
    struct session_settings session = {.bus = settings->bus,
                                       .system = settings->system,
                                       .software = "libtruc " TRUC_VERSION,
                                       .receive_window_bytes = settings->receive_credit_bytes,
                                       .queue_messages_max = settings->queue_messages_max,
                                       .queue_bytes_max = settings->queue_bytes_max,
                                       .crypto = &keyring_crypto,
                                       .crypto_context = &adapter->keyring};
    randombytes_buf(session.session_id, sizeof session.session_id);
    randombytes_buf(&session.random_seed, sizeof session.random_seed);
    memcpy(session.key_id, adapter->keyring.own.key.id.bytes, sizeof session.key_id);
    memcpy(session.salt_secret, settings->salt_secret, sizeof session.salt_secret);
    int code = session_create(&session, adapter_time(), &adapter->session, fault);
    sodium_memzero(&session, sizeof session);
    return code;
}

static int open_outbox(struct truc_adapter *adapter, struct truc_fault *fault)
{
    const struct settings *settings = &adapter->settings;
    if (settings->outbox == NULL)
        return 0;
    int code = outbox_open(settings->outbox, settings->bus, settings->system, &adapter->outbox, fault);
    if (code == 0)
        code = outbox_aside_remind(adapter, fault);
    return code < 0 ? code : publishing_restore(adapter, fault);
}

static int open_parts(struct truc_adapter *adapter, const struct truc_options *options, struct truc_fault *fault)
{
    adapter->mailbox = mailbox_new();
    if (adapter->mailbox == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for an adapter");
    int code = settings_read(options->settings, &adapter->settings, fault);
    if (code == 0)
        code = open_keyring(adapter, fault);
    if (code == 0)
        code = open_inbox(adapter, options->inbox, fault);
    if (code == 0)
        code = open_transport(adapter, fault);
    if (code == 0)
        code = open_descriptors(adapter, fault);
    if (code == 0)
        code = open_session(adapter, fault);
    return code < 0 ? code : open_outbox(adapter, fault);
}

int truc_adapter_open(const struct truc_options *options, truc_adapter **ret_adapter, struct truc_fault *fault)
{
    if (options == NULL || options->size < sizeof *options || options->settings == NULL)
        return fault_set(fault, TRUC_E_ARGUMENT, "truc_options.size or settings is not set");
    if (sodium_init() < 0)
        return fault_set(fault, TRUC_E_CRYPTO, "libsodium can't start");
    struct truc_adapter *adapter = calloc(1, sizeof *adapter);
    if (adapter == NULL)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for an adapter");
    adapter->epoll = adapter->wake = -1;
    adapter->log = options->log ? options->log : adapter_log_to_stderr;
    adapter->log_context = options->log_context;
    adapter->is_stirred = true; /* the first step connects */
    list_init(&adapter->arrived);
    list_init(&adapter->begun);
    list_init(&adapter->held);
    list_init(&adapter->unanswered);
    list_init(&adapter->blobs);
    int code = open_parts(adapter, options, fault);
    if (code < 0) {
        truc_adapter_close(adapter);
        return code;
    }
    *ret_adapter = adapter;
    return 0;
}

static void exit_with(const struct truc_fault *fault, const char *program)
{
    (void)fprintf(stderr, "%s: %s%s%s\n", program, fault->where, fault->where[0] ? ": " : "", fault->text);
    if (fault->hint[0])
        (void)fprintf(stderr, "  %s\n", fault->hint);
    exit(2);
}

truc_adapter *truc_adapter_open_args(int argc, char **argv)
{
    const char *program = argc > 0 ? argv[0] : "adapter";
    struct truc_options options = {.size = sizeof options, .settings = getenv("TRUC_SETTINGS")};
    struct truc_fault fault = {0};
    truc_adapter *adapter = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--settings") == 0 && i + 1 < argc)
            options.settings = argv[++i];
        else if (strncmp(argv[i], "--settings=", strlen("--settings=")) == 0)
            options.settings = argv[i] + strlen("--settings=");
    }
    if (options.settings == NULL) {
        (void)fprintf(stderr, "usage: %s --settings FILE   (or set TRUC_SETTINGS)\n", program);
        exit(2);
    }
    if (truc_adapter_open(&options, &adapter, &fault) < 0)
        exit_with(&fault, program);
    return adapter;
}

/* ---- closing ---- */

void adapter_end(struct truc_adapter *adapter)
{
    struct truc_fault fault = {0};
    mailbox_close(adapter->mailbox);
    adapter_take_posts(adapter); /* each call is made, and sees what the session still takes */
    if (adapter->broken.code == 0 && inbox_commit(adapter->inbox, &fault) < 0)
        adapter_log(adapter, LEVEL_ERROR, "closing: %s", fault.text);
    else if (adapter->broken.code == 0 && session_flush_receipts(adapter->session, adapter_time()) < 0)
        adapter_log(adapter, LEVEL_ERROR, "closing: the last receipt could not be made");
    if (session_close(adapter->session, adapter_time()) < 0 || adapter_take_effects(adapter, &fault) < 0 ||
        outbox_commit(adapter->outbox, &fault) < 0)
        adapter_log(adapter, LEVEL_ERROR, "closing: %s", fault.text[0] ? fault.text : "no memory");
    adapter_blobs_close(adapter);
}

static void free_requests(struct list_link *requests)
{
    list_each(link, requests)
        request_free(list_element(link, struct truc_request, link));
}

void truc_adapter_close(truc_adapter *adapter)
{
    if (adapter == NULL)
        return;
    if (adapter->session)
        adapter_end(adapter);
    free_requests(&adapter->arrived);
    free_requests(&adapter->begun);
    free_requests(&adapter->held);
    session_free(adapter->session);
    transport_close(adapter->transport);
    inbox_close(adapter->inbox);
    outbox_close(adapter->outbox);
    keyring_clear(&adapter->keyring);
    settings_clear(&adapter->settings);
    mailbox_free(adapter->mailbox);
    permissions_free(&adapter->permissions);
    if (adapter->wake >= 0)
        (void)close(adapter->wake);
    if (adapter->epoll >= 0)
        (void)close(adapter->epoll);
    free(adapter);
}

/* ---- small things ---- */

const char *truc_adapter_system(const truc_adapter *adapter)
{
    return adapter->settings.system;
}
int truc_fd(const truc_adapter *adapter)
{
    return adapter->epoll;
}
void truc_drain(truc_adapter *adapter)
{
    session_drain(adapter->session);
}
int truc_refused(const truc_adapter *adapter, struct truc_fault *fault)
{
    return session_refused(adapter->session, fault);
}

bool truc_is_connected(const truc_adapter *adapter)
{
    return session_is_open(adapter->session);
}

bool truc_is_sandbox(const truc_adapter *adapter)
{
    return session_is_sandbox(adapter->session);
}

bool truc_is_drained(const truc_adapter *adapter)
{
    return !adapter->is_stirred && mailbox_is_empty(adapter->mailbox) && list_is_empty(&adapter->arrived) &&
           list_is_empty(&adapter->held) && list_is_empty(&adapter->blobs) && session_is_drained(adapter->session);
}

void truc_wake(truc_adapter *adapter)
{
    const uint64_t one = 1;
    ssize_t written = write(adapter->wake, &one, sizeof one);
    (void)written; /* EAGAIN: the counter is full, so the descriptor is readable already */
}

int truc_post(truc_adapter *adapter, truc_posted *call, void *context)
{
    if (call == NULL)
        return TRUC_E_ARGUMENT;
    int code = mailbox_post(adapter->mailbox, call, context);
    if (code == 0)
        truc_wake(adapter);
    return code;
}

int truc_permitted(const truc_adapter *adapter, const char *type, enum truc_direction direction, const char *peer,
                   uint64_t *ret_until_ns)
{
    if (type == NULL)
        return TRUC_E_ARGUMENT;
    return permissions_find(&adapter->permissions, type, (uint32_t)direction, peer, adapter_time().wall_ns,
                            ret_until_ns);
}

int truc_serve(truc_adapter *adapter, const char *type, truc_handler *handler, void *context)
{
    if (type == NULL || handler == NULL || strlen(type) > PROTOCOL_TYPE_BYTES_MAX)
        return TRUC_E_ARGUMENT;
    if (adapter->handler_count == ADAPTER_HANDLERS_MAX)
        return TRUC_E_LIMIT;
    for (size_t i = 0; i < adapter->handler_count; i++)
        if (strcmp(adapter->handlers[i].type, type) == 0)
            return TRUC_E_EXISTS;
    struct adapter_handler *place = &adapter->handlers[adapter->handler_count++];
    (void)snprintf(place->type, sizeof place->type, "%s", type);
    place->handler = handler;
    place->context = context;
    return 0;
}
