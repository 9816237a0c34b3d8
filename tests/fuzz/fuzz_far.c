/* fuzz_far.c - any body for the far sides of the sandbox that read SOAP and JSON: population register, national portal.
 * Each is answered with a body that a client can read.
 * A fuzz target, see fuzz.h: an odd first byte means the national portal; then comes the body. */
#include "far_json.h"
#include "far_side.h"
#include "fuzz_folder.h"

#include <libxml/parser.h>

static const struct far_side_kind *const kinds[] = {&far_population_kind, &far_national_portal_kind};
enum { KINDS = sizeof kinds / sizeof *kinds };
static void *sides[KINDS]; /* what they were told stays: a far side that is asked again must answer, too */
static struct far_log quiet;

static void forget(void)
{
    for (size_t i = 0; i < KINDS; i++)
        kinds[i]->close(sides[i]);
    far_log_free(&quiet);
    xmlCleanupParser();
}

static void open_sides(void)
{
    if (sides[0] != NULL)
        return;
    struct far_world world = {
        .directory = fuzz_folder_make(), .seed = 7, .citizens_count = 4, .session = "session-1", .log = &quiet};
    far_log_init(&quiet, NULL);
    for (size_t i = 0; i < KINDS; i++)
        FUZZ_REQUIRE(kinds[i]->open(&world, &sides[i], NULL) == 0);
    FUZZ_REQUIRE(atexit(forget) == 0);
}

static void check_xml(struct bytes body)
{
    xmlDoc *document = xmlReadMemory((const char *)body.data, (int)body.size, NULL, NULL, XML_PARSE_NONET);
    FUZZ_REQUIRE(document != NULL);
    xmlFreeDoc(document);
}

static void check_json(struct bytes body)
{
    json_t *root = json_loadb((const char *)body.data, body.size, JSON_REJECT_DUPLICATES, NULL);
    FUZZ_REQUIRE(json_is_object(root));
    json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    open_sides();
    if (size < 1)
        return 0;
    size_t side = data[0] % KINDS;
    const struct far_request request = {.method = "POST", .path = "/", .body = bytes_of(data + 1, size - 1)};
    struct far_answer answer = {.status = 200};
    kinds[side]->handle(sides[side], &request, &answer);
    FUZZ_REQUIRE(answer.status != 503 && !buffer_failed(&answer.body));
    if (side == 0)
        check_xml(buffer_view(&answer.body));
    else
        check_json(buffer_view(&answer.body));
    buffer_free(&answer.body);
    return 0;
}
