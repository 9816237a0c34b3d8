/* http_client.c - see http_client.h.
 * An answer beyond its limit, a connection that dies and a timeout are all "no answer": the message is tried again.
 * In the flow: between http_serving.c and the far side. */
#include "http_client.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "fault.h"
#include "list.h"

enum { POLL_FDS_MAX = 8 };

struct transfer {
    struct list_link link; /* waiting or in flight */
    struct http_client *client;
    CURL *easy;
    struct curl_slist *headers;
    struct http_request request;
    struct buffer answer;
    json_t *answer_headers;
    size_t answer_header_bytes;
    bool too_large;
    http_client_done *done;
    void *context;
    char error[CURL_ERROR_SIZE];
};

struct http_client {
    CURLM *multi;
    struct list_link waiting, running;
    size_t waiting_count, running_count, running_max;
};

int http_client_open(uint32_t in_flight_max, struct http_client **ret_client, struct truc_fault *fault)
{
    struct http_client *client = calloc(1, sizeof(*client));
    if (!client)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the HTTP client");
    list_init(&client->waiting);
    list_init(&client->running);
    client->running_max = in_flight_max;
    client->multi = curl_multi_init();
    if (!client->multi) {
        free(client);
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the HTTP client");
    }
    curl_multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, (long)in_flight_max);
    *ret_client = client;
    return 0;
}

static void transfer_free(struct transfer *transfer)
{
    list_remove(&transfer->link);
    if (transfer->easy)
        curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    http_request_free(&transfer->request);
    buffer_free(&transfer->answer);
    json_decref(transfer->answer_headers);
    free(transfer);
}

/* Ends a transfer: tells its owner, frees it. */
static void finish(struct transfer *transfer, unsigned status, const char *text)
{
    struct http_response response = {
        .status = status, .headers = transfer->answer_headers, .body = buffer_view(&transfer->answer), .text = text};
    transfer->done(transfer->context, &response);
    transfer_free(transfer);
}

void http_client_close(struct http_client *client)
{
    if (!client)
        return;
    list_each(link, &client->running) {
        struct transfer *transfer = list_element(link, struct transfer, link);
        curl_multi_remove_handle(client->multi, transfer->easy);
        finish(transfer, 0, "the connector stops");
    }
    list_each(link, &client->waiting) {
        finish(list_element(link, struct transfer, link), 0, "the connector stops");
    }
    curl_multi_cleanup(client->multi);
    free(client);
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    buffer_append(&transfer->answer, data, size * count);
    transfer->too_large = buffer_failed(&transfer->answer) != 0;
    return transfer->too_large ? 0 : size * count;
}

/* "Name: value\r\n"; a new status line begins a new set (100 Continue). */
static size_t take_header(char *data, size_t size, size_t count, void *context)
{
    struct transfer *transfer = context;
    size_t total = size * count;
    char *colon = memchr(data, ':', total);
    transfer->answer_header_bytes += total;
    if (transfer->answer_header_bytes > HTTP_ANSWER_HEADER_BYTES_MAX)
        return 0;
    if (total > 5 && memcmp(data, "HTTP/", 5) == 0) {
        json_object_clear(transfer->answer_headers);
        return total;
    }
    if (!colon || json_object_size(transfer->answer_headers) >= HTTP_ANSWER_HEADERS_MAX)
        return total;
    char name[128];
    size_t name_size = (size_t)(colon - data);
    if (name_size >= sizeof(name))
        return total;
    for (size_t i = 0; i < name_size; i++)
        name[i] = (char)(data[i] >= 'A' && data[i] <= 'Z' ? data[i] - 'A' + 'a' : data[i]);
    name[name_size] = 0;
    const char *value = colon + 1, *end = data + total;
    while (value < end && (*value == ' ' || *value == '\t'))
        value++;
    while (end > value && strchr(" \t\r\n", end[-1]))
        end--;
    json_t *text = json_stringn(value, (size_t)(end - value)); /* NULL when it is not UTF-8: then it is left out */
    if (text)
        json_object_set_new(transfer->answer_headers, name, text);
    return total;
}

static int add_headers(struct transfer *transfer)
{
    const char *name;
    json_t *value;
    json_object_foreach(transfer->request.headers, name, value) {
        BUFFER_CLEANUP struct buffer line = {0};
        buffer_printf(&line, "%s: %s", name, json_string_value(value));
        const char *text = buffer_string(&line);
        struct curl_slist *longer = text ? curl_slist_append(transfer->headers, text) : NULL;
        if (!longer)
            return TRUC_E_MEMORY;
        transfer->headers = longer;
    }
    struct curl_slist *longer = curl_slist_append(transfer->headers, "Expect:"); /* no waiting for 100 Continue */
    if (!longer)
        return TRUC_E_MEMORY;
    transfer->headers = longer;
    return 0;
}

static int set_options(struct transfer *transfer, uint32_t timeout_ms)
{
    CURL *easy = transfer->easy;
    const char *url = buffer_string(&transfer->request.url);
    bool failed = !url || curl_easy_setopt(easy, CURLOPT_URL, url) != CURLE_OK;
    failed = failed || curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") != CURLE_OK;
    failed = failed || curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, transfer->request.method) != CURLE_OK;
    failed = failed || curl_easy_setopt(easy, CURLOPT_PROXY, "") != CURLE_OK;
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                     timeout_ms < HTTP_CONNECT_TIMEOUT_MS ? (long)timeout_ms : (long)HTTP_CONNECT_TIMEOUT_MS);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer->headers);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->error);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    if (transfer->request.has_body) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)transfer->request.body.size);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                         transfer->request.body.size ? (char *)transfer->request.body.data : "");
    }
    return failed ? TRUC_E_INTERNAL : 0;
}

static void start_waiting(struct http_client *client)
{
    list_each(link, &client->waiting) {
        struct transfer *transfer = list_element(link, struct transfer, link);
        if (client->running_count >= client->running_max)
            return;
        list_remove(&transfer->link);
        client->waiting_count--;
        if (curl_multi_add_handle(client->multi, transfer->easy) != CURLM_OK) {
            finish(transfer, 0, "the call could not be started");
            continue;
        }
        list_append(&client->running, &transfer->link);
        client->running_count++;
    }
}

int http_client_send(struct http_client *client, struct http_request *request, uint32_t timeout_ms,
                     http_client_done *done, void *context, struct truc_fault *fault)
{
    struct transfer *transfer = calloc(1, sizeof(*transfer));
    if (!transfer) {
        http_request_free(request);
        return fault_set(fault, TRUC_E_MEMORY, "no memory for a call");
    }
    transfer->client = client;
    transfer->request = *request;
    *request = (struct http_request){0};
    transfer->answer.size_max = DOCUMENT_BYTES_MAX;
    transfer->answer_headers = json_object();
    transfer->done = done;
    transfer->context = context;
    transfer->easy = curl_easy_init();
    int result = transfer->easy && transfer->answer_headers ? add_headers(transfer) : TRUC_E_MEMORY;
    if (result == 0)
        result = set_options(transfer, timeout_ms);
    if (result < 0) {
        transfer_free(transfer);
        return fault_set(fault, result, "a call could not be prepared");
    }
    list_append(&client->waiting, &transfer->link);
    client->waiting_count++;
    return 0;
}

size_t http_client_pending(const struct http_client *client)
{
    return client->waiting_count + client->running_count;
}

int http_client_poll(struct http_client *client, struct pollfd *fds, unsigned fd_count, int timeout_ms,
                     struct truc_fault *fault)
{
    struct curl_waitfd waits[POLL_FDS_MAX];
    if (fd_count > POLL_FDS_MAX)
        return fault_set(fault, TRUC_E_ARGUMENT, "more than %d descriptors", POLL_FDS_MAX);
    for (unsigned i = 0; i < fd_count; i++)
        waits[i] = (struct curl_waitfd){.fd = fds[i].fd, .events = CURL_WAIT_POLLIN};
    start_waiting(client);
    CURLMcode code = curl_multi_poll(client->multi, waits, fd_count, timeout_ms, NULL);
    if (code != CURLM_OK)
        return fault_set(fault, TRUC_E_IO, "waiting for the far side failed: %s", curl_multi_strerror(code));
    for (unsigned i = 0; i < fd_count; i++)
        fds[i].revents = waits[i].revents;
    return 0;
}

static void finish_message(struct http_client *client, const CURLMsg *message)
{
    struct transfer *transfer = NULL;
    long status = 0;
    CURLcode code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
    curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(client->multi, transfer->easy);
    client->running_count--;
    char text[CURL_ERROR_SIZE + 64];
    if (transfer->too_large)
        snprintf(text, sizeof(text), "the far side's answer is larger than %d bytes", DOCUMENT_BYTES_MAX);
    else
        snprintf(text, sizeof(text), "the far side does not answer: %s",
                 transfer->error[0] ? transfer->error : curl_easy_strerror(code));
    finish(transfer, code == CURLE_OK ? (unsigned)status : 0, code == CURLE_OK ? NULL : text);
}

int http_client_step(struct http_client *client, struct truc_fault *fault)
{
    int running, left;
    start_waiting(client);
    CURLMcode code = curl_multi_perform(client->multi, &running);
    if (code != CURLM_OK)
        return fault_set(fault, TRUC_E_IO, "the HTTP client failed: %s", curl_multi_strerror(code));
    for (;;) {
        const CURLMsg *message = curl_multi_info_read(client->multi, &left);
        if (!message)
            return 0;
        if (message->msg == CURLMSG_DONE)
            finish_message(client, message);
    }
}
