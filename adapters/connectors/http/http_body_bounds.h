/* http_body_bounds.h - what a body would cost a parser, seen before the parser sees it.
 * Not a check of its form: what is malformed is the parser's to name.
 * In the flow: bytes from HTTP -> this -> http_body.c. */
#ifndef TRUC_HTTP_BODY_BOUNDS_H
#define TRUC_HTTP_BODY_BOUNDS_H

#include "bytes.h"

enum {
    HTTP_XML_DEPTH_MAX = 32,
    HTTP_XML_NODES_MAX = 100000,
    HTTP_XML_ATTRIBUTES_MAX = 64, /* of one element, namespaces too: each is compared with all others of its element */
    HTTP_JSON_VALUES_MAX = 100000,
};

/* What is too much, for a person; NULL: nothing. */
const char *http_json_excess(struct bytes body);
const char *http_xml_excess(struct bytes body); /* of UTF-8; a DTD is always too much */

#endif
