/* cli_journal_maker.h - a small journal as a broker would have written it, with one thing wrong on demand.
 * Not a broker: records are made one by one, with the keys and the configuration of a real state directory.
 * Used by test_cli_journal.c. */
#ifndef TRUC_TEST_CLI_JOURNAL_MAKER_H
#define TRUC_TEST_CLI_JOURNAL_MAKER_H

#include "cli_bench.h"

/* What is wrong. Each must be found by journal verify, at the record named. */
enum maker_mistake {
    MAKER_RIGHT,
    MAKER_BUNDLE_SIGNATURE,   /* one bit of the signature: record 2 */
    MAKER_BUNDLE_SENDER,      /* signed by portal, said to be onestop's: record 2 */
    MAKER_BUNDLE_CERTIFICATE, /* the certificate is not kept: record 2 */
    MAKER_HEADER,             /* the message is not the one in the bundle: record 3 */
    MAKER_HEADER_SENDER,      /* signed by portal, its header says onestop: record 3 */
    MAKER_PAYLOAD,            /* the payload is not the one signed: record 3 */
    MAKER_REFUSAL,            /* the refusal is about no message of the bundle: record 4 */
    MAKER_RECEIPT_SIGNATURE,  /* record 5 */
    MAKER_RECEIPT_MESSAGE,    /* the receipt is about another message: record 5 */
    MAKER_CONFIGURATION,      /* a file of the configuration is not kept: record 1 */
    MAKER_MISTAKES_COUNT,
    MAKER_MALFORMED_BODY, /* of record 7: whole as a record, and senseless; for show */
};

#define MAKER_DOSSIER  "H56.14-261123-0042"
#define MAKER_IDENTITY "038909012345"
#define MAKER_NAME     "Nguyễn Thị Hồng Nhung"

/* Writes records 0 started, 1 configuration, 2 bundle (two messages of portal), 3 accepted for onestop, 4 refused, 5
 * onestop's receipt, 6 dead letter, 7 session, 8 operation, 9 stopped into STATE/journal, and a checkpoint over
 * them. */
enum { MAKER_RECORDS = 10 };
void maker_write(struct cli_bench *bench, const char *state, enum maker_mistake mistake);

#endif
