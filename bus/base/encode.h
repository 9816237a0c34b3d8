/* encode.h - hexadecimal, base64 (RFC 4648, padded), and CRC-32C.
 * Pure functions over caller's memory. */
#ifndef TRUC_ENCODE_H
#define TRUC_ENCODE_H

#include "bytes.h"
#include "buffer.h"

void hex_append(struct buffer *out, struct bytes data); /* lower case */
int hex_decode(struct bytes text, struct buffer *out);  /* TRUC_E_ARGUMENT on anything but an even number of digits */
void base64_append(struct buffer *out, struct bytes data);
int base64_decode(struct bytes text, struct buffer *out);     /* strict: canonical padding, no white space */
uint32_t crc32c(uint32_t before, struct bytes data);          /* Castagnoli; start with 0; hardware where present */
uint32_t crc32c_portable(uint32_t before, struct bytes data); /* the same value without the instruction, for tests */

#endif
