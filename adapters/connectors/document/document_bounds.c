/* document_bounds.c - one pass over the bytes each, no memory.
 * A tree of two MiB of braces takes a hundred MiB, and libxml2's time grows with the square of an element's attributes: who waits
 * for the parser to end has lost already.
 * See document_bounds.h. */
#include "document_bounds.h"

const char *document_json_excess(struct bytes body)
{
    size_t values = 1;
    bool in_text = false;
    for (size_t i = 0; i < body.size; i++) {
        uint8_t c = body.data[i];
        if (in_text && c == '\\')
            i++; /* whatever it is, it does not end the text */
        else if (c == '"')
            in_text = !in_text;
        else if (!in_text)
            values += c == ',' || c == '[' || c == '{';
    }
    return values <= DOCUMENT_JSON_VALUES_MAX ? NULL : "the JSON has too many values";
}

enum { XML_LEVELS_AROUND = 3 }; /* envelope and body, and the content's own level 0 */

struct xml_scan {
    struct bytes left;
    unsigned nodes, depth;
};

static void skip(struct xml_scan *scan, size_t size)
{
    size = size < scan->left.size ? size : scan->left.size;
    scan->left = bytes_of(scan->left.data + size, scan->left.size - size);
}

static bool begins(const struct xml_scan *scan, const char *text)
{
    size_t size = strlen(text);
    return scan->left.size >= size && memcmp(scan->left.data, text, size) == 0;
}

static void skip_behind(struct xml_scan *scan, const char *end)
{
    const uint8_t *at = memmem(scan->left.data, scan->left.size, end, strlen(end));
    skip(scan, at ? (size_t)(at - scan->left.data) + strlen(end) : scan->left.size);
}

/* From behind the "<" of an element to behind its ">". */
static bool element_is_within_bounds(struct xml_scan *scan)
{
    unsigned attributes = 0;
    uint8_t quote = 0, before = 0;
    size_t at = 0;
    for (; at < scan->left.size && (quote || scan->left.data[at] != '>'); at++) {
        uint8_t c = scan->left.data[at];
        if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else
            attributes += c == '=';
        before = quote ? 0 : c;
    }
    skip(scan, at + 1);
    scan->nodes++;
    scan->depth += before != '/';
    return attributes <= DOCUMENT_XML_ATTRIBUTES_MAX && scan->nodes <= DOCUMENT_XML_NODES_MAX &&
           scan->depth <= DOCUMENT_XML_DEPTH_MAX + XML_LEVELS_AROUND;
}

const char *document_xml_excess(struct bytes body)
{
    struct xml_scan scan = {.left = body};
    while (scan.left.size) {
        const uint8_t *tag = memchr(scan.left.data, '<', scan.left.size);
        if (tag == NULL)
            return NULL;
        skip(&scan, (size_t)(tag - scan.left.data) + 1);
        if (begins(&scan, "!--"))
            skip_behind(&scan, "-->");
        else if (begins(&scan, "![CDATA["))
            skip_behind(&scan, "]]>");
        else if (begins(&scan, "?"))
            skip_behind(&scan, "?>");
        else if (begins(&scan, "/"))
            scan.depth -= scan.depth > 0;
        else if (begins(&scan, "!"))
            return "the XML has a DTD";
        else if (!element_is_within_bounds(&scan))
            return "the XML is too deep or has too many elements or attributes";
    }
    return NULL;
}
