/* far_population.c - CSDL quốc gia về dân cư: answers whether a citizen exists, and who, over SOAP and X-Road headers.
 * Reading and writing XML is in far_soap_*.c, the register in far_registry.c. README.md, "population". */
#include "far_catalogue.h"
#include "far_json.h"
#include "far_side.h"
#include "far_soap.h"

#include <fault.h>
#include <stdio.h>
#include <stdlib.h>

struct population {
    struct far_store store;
    struct far_log *log;
};

static int population_open(const struct far_world *world, void **ret_state, struct truc_fault *fault)
{
    struct population *population = calloc(1, sizeof *population);
    if (!population)
        return fault_set(fault, TRUC_E_MEMORY, "no memory for the population database");
    population->log = world->log;
    int result = far_registry_open(&population->store, world->directory, world->seed, world->citizens_count, fault);
    if (result < 0) {
        free(population);
        return result;
    }
    *ret_state = population;
    return 0;
}

static void population_close(void *state)
{
    struct population *population = state;
    far_store_close(&population->store);
    free(population);
}

static enum far_soap_error authorise(const struct far_soap_request *request, struct truc_fault *fault)
{
    if (!far_procedure_find(request->procedure)) {
        fault_set(fault, TRUC_E_PAYLOAD, "thủ tục chưa được cấp phép khai thác");
        fault_where(fault, "MaDVC");
        return FAR_SOAP_PROCEDURE;
    }
    if (!far_officer_known(request->officer)) {
        fault_set(fault, TRUC_E_PAYLOAD, "cán bộ chưa được cấp quyền khai thác");
        fault_where(fault, "MaCanBo");
        return FAR_SOAP_OFFICER;
    }
    return FAR_SOAP_OK;
}

/* Finds and writes the answer; the outcome's word for the log goes to *ret_outcome. */
static enum far_soap_error answer_question(struct population *population, const struct far_soap_request *request,
                                           struct buffer *out, const char **ret_outcome, struct truc_fault *fault)
{
    struct far_citizen citizen;
    int found = far_registry_find(&population->store, &request->query, &citizen, fault);
    if (found == TRUC_E_ARGUMENT)
        return FAR_SOAP_ELEMENT;
    if (found < 0)
        return FAR_SOAP_OWN;
    *ret_outcome = found ? "match" : "no-match";
    if (request->is_lookup)
        far_soap_write_lookup(request, found ? &citizen : NULL, out);
    else
        far_soap_write_verify(request, found, out);
    return FAR_SOAP_OK;
}

static void population_handle(void *state, const struct far_request *request, struct far_answer *answer)
{
    struct population *population = state;
    if (strcmp(request->path, "/") != 0) {
        far_answer_error(answer, 404, "1", "không có địa chỉ này", "");
        return;
    }
    struct truc_fault fault = {0};
    struct far_soap_request question;
    char outcome[16] = "";
    const char *word = outcome;
    enum far_soap_error error = far_soap_read(request->body, &question, &fault);
    if (error == FAR_SOAP_OK)
        error = authorise(&question, &fault);
    if (error == FAR_SOAP_OK)
        error = answer_question(population, &question, &answer->body, &word, &fault);
    if (error != FAR_SOAP_OK)
        snprintf(outcome, sizeof outcome, "fault %03d", (int)error);
    const char *operation = question.is_lookup ? "TraCuuThongTinCongDan" : "XacThucThongTinCongDan";
    /* A call that can't be logged is not answered: every access leaves a trace. */
    if (far_registry_log(&population->store, question.message_id, operation, question.officer, question.procedure,
                         question.query.number, word, &fault) < 0)
        error = FAR_SOAP_OWN;
    far_log_move(population->log, "population", operation, question.message_id, word);
    answer->content_type = "text/xml; charset=utf-8";
    if (error != FAR_SOAP_OK) {
        buffer_clear(&answer->body);
        answer->status = 500; /* SOAP 1.1, section 6.2 */
        far_soap_write_fault(error, fault.text, fault.where, &answer->body);
    }
}

const struct far_side_kind far_population_kind = {
    .id = "population",
    .title = "Cơ sở dữ liệu quốc gia về dân cư",
    .open = population_open,
    .handle = population_handle,
    .close = population_close,
};
