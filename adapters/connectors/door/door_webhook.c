/* door_webhook.c - see door_webhook.h.
 * A 2xx to a question must hold its reply; one that does not fit the schema is a failure of the vendor, tried again.
 * In the flow: called by the loop, the SDK and the client, all from one thread. */
#include "door_webhook.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "connector_mask.h"
#include "document.h"
#include "door_item.h"
#include "door_webhook_judge.h"
#include "fault.h"
#include "list.h"
#include "mapping_payload.h"
#include "time_text.h"

enum { REASON_TEXT_BYTES_MAX = 120 };

struct post {
    struct list_link link; /* waiting; not linked: under way */
    struct door_webhook *webhook;
    truc_request *request;
    const struct schema_message *message;
    struct buffer text;
};

struct door_webhook {
    const struct door_adapter *door;
    struct http_client *client;
    const struct connector_log *log;
    struct list_link waiting; /* in the order they were delivered */
    size_t under_way;
    struct door_breaker breaker;
    uint64_t now_ms, now_ns;
    bool is_draining;
};

static void post_free(struct post *post)
{
    list_remove(&post->link);
    buffer_free(&post->text);
    free(post);
}

static int on_delivered(truc_request *request, void *context)
{
    struct door_webhook *webhook = context;
    struct truc_fault fault = {0};
    struct post *post = calloc(1, sizeof(*post));
    const struct schema_message *message =
        schema_set_find_type(webhook->door->schemas, bytes_string(truc_request_type(request)));
    int result = post ? 0 : fault_set(&fault, TRUC_E_MEMORY, "no memory for a message");
    if (!message)
        result = fault_set(&fault, TRUC_E_UNKNOWN_TYPE, "the door's descriptor set does not have the type");
    if (result == 0)
        result = door_item_write(message, request, &post->text, &fault);
    if (result < 0) {
        if (post)
            post_free(post);
        connector_log(webhook->log, CONNECTOR_LOG_ERROR, "message %s can't be posted: %s %s", truc_request_id(request),
                      truc_error_name(result), fault.where);
        return result == TRUC_E_MEMORY ? truc_retry(request, result, fault.text)
                                       : truc_reject(request, result, NULL, fault.text);
    }
    post->webhook = webhook;
    post->request = request;
    post->message = message;
    list_append(&webhook->waiting, &post->link);
    truc_keep(request);
    return 0;
}

int door_webhook_open(const struct door_adapter *door, truc_adapter *bus, struct http_client *client,
                      const struct connector_log *log, struct door_webhook **ret_webhook, struct truc_fault *fault)
{
    struct door_webhook *webhook = calloc(1, sizeof(*webhook));
    if (!webhook)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the webhook");
    webhook->door = door;
    webhook->client = client;
    webhook->log = log;
    list_init(&webhook->waiting);
    int result = truc_serve(bus, "*", on_delivered, webhook);
    if (result < 0) {
        free(webhook);
        return fault_set(fault, result, "messages can't be served");
    }
    *ret_webhook = webhook;
    return 0;
}

void door_webhook_close(struct door_webhook *webhook)
{
    if (!webhook)
        return;
    list_each(link, &webhook->waiting)
        post_free(list_element(link, struct post, link));
    free(webhook);
}

/* ---- answers ---- */

/* @text may hold words of the vendor's answer. */
static void retry(const struct post *post, unsigned status, uint32_t after_ms, const char *text)
{
    BUFFER_CLEANUP struct buffer reason = {0};
    uint32_t random = 0;
    if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random))
        random = (uint32_t)post->webhook->now_ns; /* only so that vendors are not hit by all at once */
    if (!after_ms)
        after_ms = door_webhook_backoff_ms(truc_request_attempt(post->request), random);
    buffer_printf(&reason, "webhook: status %u: ", status);
    connector_mask_append(&reason, bytes_of(text, strnlen(text, REASON_TEXT_BYTES_MAX)));
    const char *whole = buffer_string(&reason);
    connector_log(post->webhook->log, CONNECTOR_LOG_WARNING, "message %s is tried again in %u ms: %s",
                  truc_request_id(post->request), after_ms, whole ? whole : "");
    (void)truc_retry_after(post->request, TRUC_E_UNAVAILABLE, whole, after_ms); /* an error ends the adapter */
}

static void reject(const struct post *post, unsigned status)
{
    char reason[16];
    snprintf(reason, sizeof(reason), "HTTP_%u", status);
    connector_log(post->webhook->log, CONNECTOR_LOG_WARNING, "message %s was rejected by the vendor: %s",
                  truc_request_id(post->request), reason);
    (void)truc_reject(post->request, TRUC_E_REJECTED, reason, "the vendor's webhook refused it for good");
}

/* {"body": {…}}; false: it is no reply. */
static bool reply(const struct post *post, struct bytes answer, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer payload = {0};
    json_t *tree = NULL;
    int result = post->message->reply ? document_read(DOCUMENT_FORMAT_JSON, answer, &tree, fault)
                                      : fault_set(fault, TRUC_E_PAYLOAD, "the type has no reply");
    const json_t *body = json_object_get(tree, "body");
    if (result == 0 && !json_is_object(body))
        result = fault_set(fault, TRUC_E_PAYLOAD, "the answer holds no \"body\"");
    if (result == 0)
        result = mapping_payload_write(post->message->reply, body, NULL, &payload, fault);
    if (result == 0)
        result = truc_reply_bytes(post->request, payload.data, payload.size);
    json_decref(tree);
    if (result < 0 && !fault->code)
        fault_set(fault, result, "the reply can't be sent: %s", truc_error_name(result));
    return result == 0;
}

/* False: the vendor is to be spared for a while. */
static bool settle(const struct post *post, const struct http_response *response)
{
    struct truc_fault fault = {0};
    const char *after = json_string_value(json_object_get(response->headers, "retry-after"));
    enum door_verdict verdict = door_webhook_judge(response->status);
    bool is_question = truc_request_kind(post->request) == TRUC_REQUEST;
    if (verdict == DOOR_REJECT) {
        reject(post, response->status);
        return true;
    }
    if (verdict == DOOR_DONE && !is_question) {
        (void)truc_done(post->request); /* an error ends the adapter */
        return true;
    }
    if (verdict == DOOR_DONE && reply(post, response->body, &fault))
        return true;
    retry(post, response->status, door_webhook_retry_after_ms(after),
          *fault.text        ? fault.text
          : response->status ? "tried again later"
          : response->text   ? response->text
                             : "no answer");
    return response->status == 429;
}

static void on_answer(void *context, const struct http_response *response)
{
    struct post *post = context;
    struct door_webhook *webhook = post->webhook;
    webhook->under_way--;
    bool is_closing = webhook->is_draining && response->status == 0;
    if (!is_closing && door_breaker_tell(&webhook->breaker, webhook->now_ms, !settle(post, response)))
        connector_log(webhook->log, CONNECTOR_LOG_WARNING, "the vendor's webhook is %s",
                      webhook->breaker.is_open ? "away: posts are held back" : "there again");
    post_free(post);
}

/* ---- posts ---- */

static int make_request(const struct post *post, struct http_request *request)
{
    const struct door_webhook *webhook = post->webhook;
    BUFFER_CLEANUP struct buffer signature = {0};
    door_webhook_sign(webhook->door->webhook.secrets, webhook->now_ns / TIME_NS_PER_S, buffer_view(&post->text),
                      &signature);
    const char *text = buffer_string(&signature);
    *request = (struct http_request){.method = "POST", .has_body = true};
    buffer_append_string(&request->url, webhook->door->webhook.url);
    buffer_append_bytes(&request->body, buffer_view(&post->text));
    request->headers = text ? json_pack("{s:s, s:s}", "Content-Type", "application/cloudevents+json; charset=utf-8",
                                        "Truc-Signature", text)
                            : NULL;
    return request->headers && !buffer_failed(&request->url) && !buffer_failed(&request->body) ? 0 : TRUC_E_MEMORY;
}

static void send(struct post *post)
{
    struct door_webhook *webhook = post->webhook;
    struct http_request request;
    struct truc_fault fault = {0};
    int result = make_request(post, &request);
    list_remove(&post->link);
    if (result < 0)
        http_request_free(&request);
    else
        result =
            http_client_send(webhook->client, &request, webhook->door->webhook.timeout_ms, on_answer, post, &fault);
    if (result == 0) {
        webhook->under_way++;
        return;
    }
    retry(post, 0, 0, "no memory for a post");
    door_breaker_tell(&webhook->breaker, webhook->now_ms, true);
    post_free(post);
}

void door_webhook_step(struct door_webhook *webhook, uint64_t now_ms, uint64_t now_ns)
{
    webhook->now_ms = now_ms;
    webhook->now_ns = now_ns;
    while (!webhook->is_draining && !list_is_empty(&webhook->waiting) &&
           webhook->under_way < webhook->door->webhook.in_flight && door_breaker_allows(&webhook->breaker, now_ms, 1))
        send(list_element(list_first(&webhook->waiting), struct post, link));
}

void door_webhook_drain(struct door_webhook *webhook)
{
    webhook->is_draining = true;
}
