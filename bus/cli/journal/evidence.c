/* evidence.c - Keeps the last bundle, so that its messages need no second reading, and the certificates met.
 * Not the broker's code path: signatures are checked from the journal's bytes alone, as a stranger would.
 * The rule of verification is verify_key_check's, the same everywhere. */
#include "evidence.h"

#include "bundle.h"
#include "cli_words.h"
#include "command.h"
#include "encode.h"
#include "fault.h"
#include "header.h"
#include "map.h"
#include "merkle.h"
#include "policy_keys.h"
#include "record.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAME_BYTES = 64, FILE_NAME_BYTES = 256, CERTIFICATES_MAX = 65536, YAML_MEMORY_MAX = 4 * 1024 * 1024 };

struct known_certificate {
    struct certificate certificate;
    struct sha256_digest digest;
    struct sha256_digest issued_by; /* the authority whose signature on it has been checked; zeros: none yet */
};

struct evidence {
    struct journal *journal;
    const struct issuers *pinned;
    struct issuers authority; /* of the configuration in force, when none is pinned */
    struct map certificates;  /* by digest: struct known_certificate */
    uint64_t bundle_sequence;
    bool has_bundle;
    char sender[NAME_BYTES + 1];
    struct buffer leaves, scratch, statement;
    struct evidence_counts counts;
};

int evidence_create(struct journal *journal, const struct issuers *authority, struct evidence **ret_evidence)
{
    struct evidence *evidence = calloc(1, sizeof *evidence);
    if (evidence == NULL)
        return TRUC_E_MEMORY;
    evidence->journal = journal;
    evidence->pinned = authority;
    *ret_evidence = evidence;
    return 0;
}

void evidence_free(struct evidence *evidence)
{
    struct known_certificate *known;
    size_t at = 0;
    if (evidence == NULL)
        return;
    while ((known = map_next(&evidence->certificates, &at))) {
        certificate_clear(&known->certificate);
        free(known);
    }
    map_free(&evidence->certificates);
    issuers_clear(&evidence->authority);
    buffer_free(&evidence->leaves);
    buffer_free(&evidence->scratch);
    buffer_free(&evidence->statement);
    free(evidence);
}

struct evidence_counts evidence_counts(const struct evidence *evidence)
{
    return evidence->counts;
}

static int corrupt(struct truc_fault *fault, const char *text)
{
    return fault_set(fault, TRUC_E_JOURNAL_CORRUPT, "%s", text);
}

/* What is missing has its name: it can be restored alone, from any copy. */
static int object_get(struct evidence *evidence, const struct sha256_digest *digest, const char *what,
                      struct buffer *out, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer name = {0};
    int code = journal_object_get(evidence->journal, digest, out, fault);
    if (code != TRUC_E_NOT_FOUND)
        return code;
    hex_append(&name, sha256_view(digest));
    code = fault_set(fault, TRUC_E_JOURNAL_CORRUPT, _("%s is not kept in the journal: objects/%s"), what,
                     buffer_string(&name) ? buffer_string(&name) : "…");
    fault_hint(fault, _("restore that file from a copy of the journal"));
    return code;
}

/* ---- certificates ---- */

static int digest_from(struct bytes bytes, struct sha256_digest *ret_digest, struct truc_fault *fault)
{
    if (bytes.size != SHA256_BYTES)
        return corrupt(fault, _("a hash is not 32 bytes long"));
    memcpy(ret_digest->bytes, bytes.data, SHA256_BYTES);
    return 0;
}

static int load_certificate(struct evidence *evidence, const struct sha256_digest *digest,
                            struct known_certificate **ret_known, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer der = {0};
    if (evidence->certificates.count >= CERTIFICATES_MAX)
        return fault_set(fault, TRUC_E_LIMIT, _("more than %d certificates"), CERTIFICATES_MAX);
    int code = object_get(evidence, digest, _("the certificate of a signature"), &der, fault);
    if (code < 0)
        return code;
    struct known_certificate *known = calloc(1, sizeof *known);
    if (known == NULL)
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a certificate"));
    known->digest = *digest;
    code = certificate_from_der(buffer_view(&der), &known->certificate, fault);
    if (code == 0 && map_put_bytes(&evidence->certificates, sha256_view(&known->digest), known) < 0)
        code = fault_set(fault, TRUC_E_MEMORY, _("no memory for a certificate"));
    if (code < 0) {
        certificate_clear(&known->certificate);
        free(known);
        return code;
    }
    *ret_known = known;
    return 0;
}

static bool is_in_time(const struct certificate *certificate, uint64_t time_ns)
{
    return time_ns >= certificate->not_before_ns && time_ns <= certificate->not_after_ns;
}

/* The issuer's signature is checked once a certificate, the days of validity at every use. */
static int check_chain(const struct evidence *evidence, struct known_certificate *known, uint64_t time_ns,
                       struct truc_fault *fault)
{
    const struct issuers *authority = evidence->pinned ? evidence->pinned : &evidence->authority;
    const struct certificate *certificate = &known->certificate, *issuer = NULL;
    if (authority->count == 0)
        return fault_set(fault, TRUC_E_SIGNING_KEY, _("no authority vouches for the certificate of '%s'"),
                         certificate->subject);
    for (size_t i = 0; i < authority->count; i++)
        if (sha256_equal(&known->issued_by, &authority->list[i].digest) && is_in_time(certificate, time_ns) &&
            is_in_time(&authority->list[i], time_ns))
            return 0;
    int code = issuers_check(authority, certificate, time_ns, &issuer, fault);
    if (code == 0)
        known->issued_by = issuer->digest;
    return code;
}

/* The certificate that a record names: it must be that system's on this bus, hold that key, and have been valid
 * then. */
static int find_certificate(struct evidence *evidence, const struct journal_record *record, struct bytes named,
                            struct bytes key_id, const char *system, const struct certificate **ret_certificate,
                            struct truc_fault *fault)
{
    struct sha256_digest digest = {0};
    int code = digest_from(named, &digest, fault);
    struct known_certificate *known = code == 0 ? map_get_bytes(&evidence->certificates, named) : NULL;
    if (code == 0 && known == NULL)
        code = load_certificate(evidence, &digest, &known, fault);
    if (code < 0 || known == NULL)
        return code;
    if (!bytes_equal(key_id_view(&known->certificate.key.id), key_id))
        return fault_set(fault, TRUC_E_SIGNING_KEY, _("the certificate is not that of the key which signed"));
    code = certificate_check_system(&known->certificate, journal_bus_id(evidence->journal), system, fault);
    if (code == 0)
        code = check_chain(evidence, known, record->time_ns, fault);
    if (code == 0)
        *ret_certificate = &known->certificate;
    return code;
}

static int check_signature(struct evidence *evidence, const struct certificate *certificate,
                           struct statement *statement, struct bytes signature, struct truc_fault *fault)
{
    statement->bus = bytes_string(journal_bus_id(evidence->journal));
    buffer_clear(&evidence->statement);
    statement_write(statement, &evidence->statement);
    if (buffer_failed(&evidence->statement))
        return fault_set(fault, TRUC_E_MEMORY, _("no memory for a statement"));
    int code = verify_key_check(&certificate->key, buffer_view(&evidence->statement), signature);
    return code < 0
               ? fault_set(fault, code, _("the signature of '%.*s' does not verify"), BYTES_PRINTF(statement->system))
               : 0;
}

static int name_of(struct bytes view, char out[NAME_BYTES + 1], struct truc_fault *fault)
{
    if (view.size == 0 || view.size > NAME_BYTES)
        return corrupt(fault, _("a system's name is missing or too long"));
    memcpy(out, view.data, view.size);
    out[view.size] = '\0';
    return 0;
}

/* ---- configurations ---- */

static int read_object(struct evidence *evidence, struct bytes named, struct buffer *out, struct truc_fault *fault)
{
    struct sha256_digest digest = {0};
    int code = digest_from(named, &digest, fault);
    if (code == 0)
        code = object_get(evidence, &digest, _("a file of a configuration"), out, fault);
    return code;
}

/* bus.yaml names the authority's file. */
static int authority_name(struct bytes bus_yaml, char out[FILE_NAME_BYTES], struct truc_fault *fault)
{
    struct arena arena = {.used_bytes_max = YAML_MEMORY_MAX};
    struct policy_report report = {0};
    struct yaml_node *root = NULL;
    int code = yaml_document_read(&arena, "bus.yaml", bus_yaml, &report, &root);
    const struct yaml_node *name = code == 0 && root->kind == YAML_MAP ? yaml_get(root, "ca") : NULL;
    if (code < 0 || (name && name->text.size >= FILE_NAME_BYTES))
        code = corrupt(fault, _("a configuration's bus.yaml can't be read"));
    else
        snprintf(out, FILE_NAME_BYTES, "%s", name ? (const char *)name->text.data : "");
    policy_report_free(&report);
    arena_free(&arena);
    return code;
}

static int find_file(struct bytes files, const char *name, struct record_file *ret_file)
{
    size_t offset = 0;
    while (record_file_next(files, &offset, ret_file) > 0)
        if (bytes_equal_string(ret_file->name, name))
            return 1;
    return 0;
}

/* Every file is there, and hashes to its name; the authority it names is the one from here on. */
static int check_configuration(struct evidence *evidence, const struct journal_record *record, struct truc_fault *fault)
{
    struct record_configuration value = {0};
    struct record_file file = {0};
    char name[FILE_NAME_BYTES] = "";
    size_t offset = 0;
    int more, code = record_configuration_decode(record->body, &value, fault);
    if (code < 0)
        return code;
    while ((more = record_file_next(value.files, &offset, &file)) > 0) {
        buffer_clear(&evidence->scratch);
        code = read_object(evidence, file.sha256, &evidence->scratch, fault);
        if (code == 0 && bytes_equal_string(file.name, "bus.yaml"))
            code = authority_name(buffer_view(&evidence->scratch), name, fault);
        if (code < 0)
            return code;
    }
    if (more < 0)
        return corrupt(fault, _("a configuration record is malformed"));
    evidence->counts.configurations++;
    if (evidence->pinned || *name == '\0' || !find_file(value.files, name, &file))
        return 0;
    buffer_clear(&evidence->scratch);
    code = read_object(evidence, file.sha256, &evidence->scratch, fault);
    issuers_clear(&evidence->authority);
    return code < 0 ? code : issuers_from_pem(buffer_view(&evidence->scratch), &evidence->authority, fault);
}

/* ---- bundles and their messages ---- */

static int take_bundle(struct evidence *evidence, uint64_t sequence, const struct record_bundle *value,
                       struct truc_fault *fault)
{
    if (value->count == 0 || value->count > PROTOCOL_BUNDLE_MESSAGES_MAX ||
        value->leaves.size != value->count * (size_t)SHA256_BYTES)
        return corrupt(fault, _("a bundle record is malformed"));
    buffer_clear(&evidence->leaves);
    buffer_append_bytes(&evidence->leaves, value->leaves);
    evidence->bundle_sequence = sequence;
    evidence->has_bundle = !buffer_failed(&evidence->leaves);
    return evidence->has_bundle ? name_of(value->sender, evidence->sender, fault)
                                : fault_set(fault, TRUC_E_MEMORY, _("no memory for a bundle"));
}

static int check_bundle(struct evidence *evidence, const struct journal_record *record, struct truc_fault *fault)
{
    struct record_bundle value = {0};
    const struct certificate *certificate = NULL;
    struct sha256_digest leaves[PROTOCOL_BUNDLE_MESSAGES_MAX];
    int code = record_bundle_decode(record->body, &value, fault);
    if (code == 0)
        code = take_bundle(evidence, record->sequence, &value, fault);
    if (code == 0)
        code =
            find_certificate(evidence, record, value.certificate, value.key_id, evidence->sender, &certificate, fault);
    if (code < 0)
        return code;
    memcpy(leaves, value.leaves.data, value.leaves.size);
    struct statement statement = {.kind = STATEMENT_BUNDLE,
                                  .system = value.sender,
                                  .key_id = value.key_id,
                                  .count = value.count,
                                  .root = merkle_root(leaves, value.count)};
    code = check_signature(evidence, certificate, &statement, value.signature, fault);
    evidence->counts.bundles += code == 0;
    return code;
}

/* The bundle a record points to: usually the one just before. */
static int recall_bundle(struct evidence *evidence, uint64_t sequence, struct truc_fault *fault)
{
    BUFFER_CLEANUP struct buffer scratch = {0};
    struct journal_record record = {0};
    struct record_bundle value = {0};
    if (evidence->has_bundle && evidence->bundle_sequence == sequence)
        return 0;
    int code = journal_read(evidence->journal, sequence, 0, &scratch, &record, fault);
    if (code == 0 && record.kind != RECORD_BUNDLE)
        code = corrupt(fault, _("a message points to a record that is no bundle"));
    if (code == 0)
        code = record_bundle_decode(record.body, &value, fault);
    return code < 0 ? code : take_bundle(evidence, sequence, &value, fault);
}

static int check_payload(const struct header *header, const struct journal_record *record, struct truc_fault *fault)
{
    struct sha256_digest digest = payload_digest(bytes_of(record->salt, sizeof record->salt), record->payload);
    if (!bytes_equal(sha256_view(&digest), header->payload_digest))
        return fault_set(fault, TRUC_E_DIGEST, _("the payload is not the one its sender signed"));
    return 0;
}

static int check_accepted(struct evidence *evidence, const struct journal_record *record, struct truc_fault *fault)
{
    struct record_accepted value = {0};
    struct header header = {0};
    int code = record_accepted_decode(record->body, &value, fault);
    if (code == 0)
        code = header_decode(value.header, &header, fault);
    if (code == 0)
        code = recall_bundle(evidence, value.bundle, fault);
    if (code < 0)
        return code;
    struct sha256_digest leaf = message_leaf(value.header);
    if ((value.index + 1) * (size_t)SHA256_BYTES > evidence->leaves.size ||
        memcmp(evidence->leaves.data + value.index * (size_t)SHA256_BYTES, leaf.bytes, SHA256_BYTES) != 0)
        return fault_set(fault, TRUC_E_DIGEST, _("the message is not the one of its bundle"));
    if (!bytes_equal_string(header_sender(&header), evidence->sender))
        return fault_set(fault, TRUC_E_SIGNING_KEY, _("the message names another sender than the one who signed it"));
    if (record->payload_is_read && (code = check_payload(&header, record, fault)) < 0)
        return code;
    evidence->counts.payloads += record->payload_is_read;
    evidence->counts.messages++;
    return 0;
}

/* A refusal whose bundle is kept must be about a message of that bundle. */
static int check_refused(struct evidence *evidence, const struct journal_record *record, struct truc_fault *fault)
{
    struct record_refused value = {0};
    int code = record_refused_decode(record->body, &value, fault);
    if (code < 0 || value.bundle == 0 || value.leaf.size == 0) {
        evidence->counts.refusals += code == 0;
        return code;
    }
    code = recall_bundle(evidence, value.bundle - 1, fault);
    for (size_t at = 0; code == 0 && at < evidence->leaves.size; at += SHA256_BYTES)
        if (bytes_equal(bytes_of(evidence->leaves.data + at, SHA256_BYTES), value.leaf)) {
            evidence->counts.refusals++;
            return 0;
        }
    return code < 0 ? code : fault_set(fault, TRUC_E_DIGEST, _("a refusal is about no message of its bundle"));
}

/* ---- receipts ---- */

/* What the receiver says it received must be what was sent. */
static int check_settlement(struct evidence *evidence, const struct settlement *settlement, struct truc_fault *fault)
{
    struct journal_record record = {0};
    struct record_accepted accepted = {0};
    buffer_clear(&evidence->scratch);
    int code = journal_read(evidence->journal, settlement->sequence, 0, &evidence->scratch, &record, fault);
    if (code == 0 && record.kind != RECORD_ACCEPTED)
        code = corrupt(fault, _("a receipt is about a record that is no message"));
    if (code == 0)
        code = record_accepted_decode(record.body, &accepted, fault);
    if (code < 0)
        return code;
    struct sha256_digest leaf = message_leaf(accepted.header);
    if (!bytes_equal(sha256_view(&leaf), settlement->message_leaf))
        return fault_set(fault, TRUC_E_DIGEST, _("a receipt is about another message than the one delivered"));
    evidence->counts.settlements++;
    return 0;
}

static int check_settled(struct evidence *evidence, const struct journal_record *record, struct truc_fault *fault)
{
    struct record_settled value = {0};
    struct settlement settlement = {0};
    struct bytes encoded = {0};
    struct sha256_digest leaves[PROTOCOL_SETTLEMENTS_MAX];
    const struct certificate *certificate = NULL;
    char system[NAME_BYTES + 1];
    size_t offset = 0, count = 0;
    int more = 0, code = record_settled_decode(record->body, &value, fault);
    if (code == 0)
        code = name_of(value.system, system, fault);
    while (code == 0 && (more = record_settlement_next(value.settlements, &offset, &encoded)) > 0) {
        if (count == PROTOCOL_SETTLEMENTS_MAX || settlement_decode(encoded, &settlement) < 0)
            return corrupt(fault, _("a receipt is malformed"));
        leaves[count++] = merkle_leaf_hash(encoded);
        code = check_settlement(evidence, &settlement, fault);
    }
    if (code == 0 && (more < 0 || count == 0))
        code = corrupt(fault, _("a receipt is malformed"));
    if (code == 0)
        code = find_certificate(evidence, record, value.certificate, value.key_id, system, &certificate, fault);
    if (code < 0)
        return code;
    struct statement statement = {.kind = STATEMENT_RECEIPT,
                                  .system = value.system,
                                  .key_id = value.key_id,
                                  .count = count,
                                  .root = merkle_root(leaves, count)};
    code = check_signature(evidence, certificate, &statement, value.signature, fault);
    evidence->counts.receipts += code == 0;
    return code;
}

int evidence_check(struct evidence *evidence, const struct journal_record *record, struct truc_fault *fault)
{
    int code = 0;
    switch (record->kind) {
    case RECORD_CONFIGURATION:
        code = check_configuration(evidence, record, fault);
        break;
    case RECORD_BUNDLE:
        code = check_bundle(evidence, record, fault);
        break;
    case RECORD_ACCEPTED:
        code = check_accepted(evidence, record, fault);
        break;
    case RECORD_REFUSED:
        code = check_refused(evidence, record, fault);
        break;
    case RECORD_SETTLED:
        code = check_settled(evidence, record, fault);
        break;
    default:
        break;
    }
    evidence->counts.certificates = evidence->certificates.count;
    if (code < 0)
        fault_where(fault, "record %" PRIu64, record->sequence);
    return code;
}
