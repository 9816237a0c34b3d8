/* far_client.c - the libcurl handle behind far_client.h.
 * HTTP only, no proxy, no redirects: the other end is named by the operator. */
#include "far_client.h"

#include <curl/curl.h>
#include <fault.h>
#include <stdio.h>
#include <stdlib.h>

enum { HEADER_LINE_BYTES_MAX = 512 };

struct far_client {
    CURL *curl;
    const atomic_bool *stopping;
};

static size_t on_data(char *data, size_t size, size_t count, void *closure)
{
    struct buffer *answer = closure;
    buffer_append(answer, data, size * count);
    return buffer_failed(answer) ? 0 : size * count; /* 0 ends the transfer with CURLE_WRITE_ERROR */
}

static int on_progress(void *closure, curl_off_t total_down, curl_off_t down, curl_off_t total_up, curl_off_t up)
{
    (void)total_down, (void)down, (void)total_up, (void)up;
    const struct far_client *client = closure;
    return client->stopping && atomic_load(client->stopping);
}

int far_client_open(const atomic_bool *stopping, struct far_client **ret_client, struct truc_fault *fault)
{
    struct far_client *client = calloc(1, sizeof *client);
    if (!client)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for an HTTP client");
    client->curl = curl_easy_init();
    if (!client->curl) {
        free(client);
        return fault_set(fault, TRUC_E_MEMORY, "libcurl gives no handle");
    }
    client->stopping = stopping;
    *ret_client = client;
    return 0;
}

void far_client_close(struct far_client *client)
{
    if (!client)
        return;
    curl_easy_cleanup(client->curl);
    free(client);
}

static int append_header(struct curl_slist **list, const char *name, const char *value)
{
    char line[HEADER_LINE_BYTES_MAX];
    int size = snprintf(line, sizeof line, "%s%s%s", name, *name ? ": " : "", value);
    if (size < 0 || (size_t)size >= sizeof line)
        return TRUC_E_LIMIT;
    struct curl_slist *longer = curl_slist_append(*list, line);
    if (!longer)
        return TRUC_E_MEMORY;
    *list = longer;
    return 0;
}

static int make_headers(const struct far_post *post, struct curl_slist **list)
{
    int result = append_header(list, "Content-Type", post->content_type);
    if (result == 0)
        result = append_header(list, "Expect", ""); /* no 100-continue round trip */
    if (result == 0 && post->message_id)
        result = append_header(list, "X-Message-Id", post->message_id);
    for (const char *const *line = post->header_lines; result == 0 && line && *line; line++)
        result = append_header(list, "", *line);
    return result;
}

static void set_options(struct far_client *client, const struct far_post *post, struct curl_slist *headers,
                        struct buffer *answer)
{
    CURL *curl = client->curl;
    curl_easy_reset(curl); /* keeps the connections */
    curl_easy_setopt(curl, CURLOPT_URL, post->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, post->body.data ? (const void *)post->body.data : "");
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)post->body.size);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)FAR_CONNECT_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)FAR_ANSWER_TIMEOUT_MS);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, client);
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
}

static int explain(CURLcode code, const char *url, struct truc_fault *fault)
{
    switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
        return fault_set(fault, TRUC_E_CLOSED, "stopped while posting to %s", url);
    case CURLE_OPERATION_TIMEDOUT:
        return fault_set(fault, TRUC_E_TIMEOUT, "%s: no answer in %d ms", url, FAR_ANSWER_TIMEOUT_MS);
    case CURLE_WRITE_ERROR:
        return fault_set(fault, TRUC_E_LIMIT, "%s: the answer is longer than %d bytes", url, FAR_ANSWER_BYTES_MAX);
    default:
        return fault_set(fault, TRUC_E_UNAVAILABLE, "%s: %s", url, curl_easy_strerror(code));
    }
}

int far_client_post(struct far_client *client, const struct far_post *post, struct buffer *answer,
                    struct truc_fault *fault)
{
    buffer_clear(answer);
    answer->size_max = FAR_ANSWER_BYTES_MAX;
    struct curl_slist *headers = NULL;
    int result = make_headers(post, &headers);
    if (result < 0) {
        curl_slist_free_all(headers);
        return fault_set(fault, result, "a header for %s can't be made", post->url);
    }
    set_options(client, post, headers, answer);
    CURLcode code = curl_easy_perform(client->curl);
    long status = 0;
    if (code == CURLE_OK)
        curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    return code == CURLE_OK ? (int)status : explain(code, post->url, fault);
}
