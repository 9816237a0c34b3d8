/* far_log.c - lines of JSON under one lock, see far_log.h.
 * Not a logger of errors: those go back to the caller as faults.
 * Called by all far sides and the traffic. */
#include "far_log.h"
#include "far_clock.h"

#include <jansson.h>
#include <stdlib.h>

void far_log_init(struct far_log *log, FILE *stream)
{
    log->stream = stream;
    pthread_mutex_init(&log->lock, NULL); /* default attributes: can't fail on Linux */
}

void far_log_free(struct far_log *log)
{
    pthread_mutex_destroy(&log->lock);
}

static void set_text(json_t *line, const char *name, const char *text)
{
    if (text && *text)
        json_object_set_new(line, name, json_string(text));
}

void far_log_move(struct far_log *log, const char *side, const char *what, const char *dossier, const char *outcome)
{
    if (!log->stream)
        return;
    char time[TIME_TEXT_BYTES];
    time_format_clock(far_clock_wall_ns(), time);
    json_t *line = json_object();
    set_text(line, "time", time);
    set_text(line, "side", side);
    set_text(line, "what", what);
    set_text(line, "dossier", dossier);
    set_text(line, "outcome", outcome);
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    json_decref(line);
    if (!text)
        return;
    pthread_mutex_lock(&log->lock);
    fprintf(log->stream, "%s\n", text);
    fflush(log->stream);
    pthread_mutex_unlock(&log->lock);
    free(text);
}
