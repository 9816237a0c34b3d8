/* document_bounds.h - what a body would cost a parser, seen before the parser sees it.
 * Not a check of its form: what is malformed is the parser's to name.
 * In the flow: bytes from HTTP -> this -> document.c. */
#ifndef TRUC_DOCUMENT_BOUNDS_H
#define TRUC_DOCUMENT_BOUNDS_H

#include "bytes.h"

enum {
    DOCUMENT_XML_DEPTH_MAX = 32,
    DOCUMENT_XML_NODES_MAX = 100000,
    DOCUMENT_XML_ATTRIBUTES_MAX =
        64, /* of one element, namespaces too: each is compared with all others of its element */
    DOCUMENT_JSON_VALUES_MAX = 100000,
};

/* What is too much, for a person; NULL: nothing. */
const char *document_json_excess(struct bytes body);
const char *document_xml_excess(struct bytes body); /* of UTF-8; a DTD is always too much */

#endif
