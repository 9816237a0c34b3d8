/* Promise: notes are C2SP signed notes: the published example verifies, ours read back, others are refused. */
#include "cmocka_start.h"

#include "signed_note.h"

/* The example of Go's package golang.org/x/mod/sumdb/note. */
static const char peter_key[] = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
static const char peter_text[] = "If you think cryptography is the answer to your problem,\n"
                                 "then you don't know what your problem is.\n";
static const char peter_line[] =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6"
    "KE6RyyBwJnAM=\n";

static void peter_note(struct buffer *out)
{
    buffer_printf(out, "%s\n%s", peter_text, peter_line);
}

static void test_the_published_note_verifies(void **state)
{
    (void)state;
    BUFFER_CLEANUP struct buffer bytes = {0}, text = {0};
    struct truc_fault fault = {0};
    struct note_key key;
    static struct note note;
    peter_note(&bytes);
    assert_int_equal(note_key_parse(bytes_string(peter_key), &key, &fault), 0);
    assert_int_equal(note_parse(buffer_view(&bytes), &note, &fault), 0);
    assert_int_equal(note.signatures_count, 1);
    assert_true(bytes_equal_string(note.text, peter_text));
    assert_true(bytes_equal_string(note.signatures[0].name, "PeterNeumann"));
    assert_int_equal(note_verify(&note, &key, &fault), 0);
    note_key_append(&key, &text);
    assert_string_equal(buffer_string(&text), peter_key);
}

static void test_changed_notes_do_not_verify(void **state)
{
    (void)state;
    struct note_key key;
    static struct note note;
    assert_int_equal(note_key_parse(bytes_string(peter_key), &key, NULL), 0);
    for (size_t at = 0; at < sizeof peter_text - 2; at++) { /* all but the last newline */
        BUFFER_CLEANUP struct buffer bytes = {0};
        peter_note(&bytes);
        bytes.data[at] = bytes.data[at] == 'x' ? 'y' : 'x';
        assert_int_equal(note_parse(buffer_view(&bytes), &note, NULL), 0);
        assert_int_equal(note_verify(&note, &key, NULL), TRUC_E_SIGNATURE);
    }
}

static void test_our_notes_read_back_and_other_keys_do_not_disturb(void **state)
{
    (void)state;
    uint8_t seeds[2][ED25519_SEED_BYTES] = {{1}, {2}};
    struct signing_key *signer, *witness;
    struct note_key signer_key, witness_key, peter;
    static struct note note;
    BUFFER_CLEANUP struct buffer bytes = {0}, cosignature = {0};
    assert_int_equal(signing_key_from_seed(bytes_of(seeds[0], 32), &signer, NULL), 0);
    assert_int_equal(signing_key_from_seed(bytes_of(seeds[1], 32), &witness, NULL), 0);
    struct bytes name = bytes_string("thanhhoa/journal"), text = bytes_string("thanhhoa/journal\n5\n\nroot\n");
    assert_int_equal(note_sign(text, name, signer, &bytes, NULL), 0);
    assert_int_equal(note_key_make(name, signing_key_public(signer), &signer_key, NULL), 0);
    assert_int_equal(note_key_make(bytes_string("chứng.nhân"), signing_key_public(witness), &witness_key, NULL), 0);
    assert_int_equal(signing_key_sign(witness, text, &cosignature), 0);
    assert_int_equal(
        note_append_signature(&bytes, bytes_string("chứng.nhân"), witness_key.id, buffer_view(&cosignature), NULL), 0);
    assert_int_equal(note_parse(buffer_view(&bytes), &note, NULL), 0);
    assert_true(bytes_equal(note.text, text)); /* an empty line inside the text stays in it */
    assert_int_equal(note.signatures_count, 2);
    assert_int_equal(note_verify(&note, &signer_key, NULL), 0);
    assert_int_equal(note_verify(&note, &witness_key, NULL), 0);
    assert_int_equal(note_key_parse(bytes_string(peter_key), &peter, NULL), 0);
    assert_int_equal(note_verify(&note, &peter, NULL), TRUC_E_NOT_FOUND);
    note.signatures[1].signature[0] ^= 1;
    assert_int_equal(note_verify(&note, &signer_key, NULL), 0);
    assert_int_equal(note_verify(&note, &witness_key, NULL), TRUC_E_SIGNATURE);
    signing_key_free(signer);
    signing_key_free(witness);
}

static void test_malformed_notes_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "\n",
        "text\n",
        "text\n\n",
        "text\n\n— PeterNeumann x08go/ZJkuBS9UG=", /* no newline at the end */
        "text\n\n- PeterNeumann AAAAAAA=\n",       /* a hyphen is no dash */
        "text\n\n— PeterNeumann\n",
        "text\n\n— PeterNeumann AAAA\n",     /* no room for an id */
        "text\n\n— PeterNeumann AAAAAA==\n", /* an id and no signature */
        "text\n\n— PeterNeumann AAAAAAA\n",  /* no padding */
        "text\n\n— PeterNeumann AAAAAAB=\n", /* not canonical */
        "text\n\n—  AAAAAAA=\n",
        "text\n\n— Peter+Neumann AAAAAAA=\n",
        "text\n\n— Peter\u00a0Neumann AAAAAAA=\n",
        "text\n\n— Peter Neumann AAAAAAA=\n",
        "text\n\n— PeterNeumann AAAAAAA= \n",
        "text\n\n— PeterNeumann AAAAAAA=\ntail\n",
        "text\twith tab\n\n— PeterNeumann AAAAAAA=\n",
        "text\r\n\r\n— PeterNeumann AAAAAAA=\n",
        "\xff\n\n— PeterNeumann AAAAAAA=\n",
    };
    static struct note note;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(note_parse(bytes_string(wrong[i]), &note, NULL), TRUC_E_ARGUMENT);
    assert_int_equal(note_parse(bytes_string("text\n\n— PeterNeumann AAAAAAA=\n"), &note, NULL), 0);
    BUFFER_CLEANUP struct buffer crowd = {0};
    buffer_append_string(&crowd, "text\n\n");
    for (int i = 0; i <= NOTE_SIGNATURES_MAX; i++)
        buffer_append_string(&crowd, "— PeterNeumann AAAAAAA=\n");
    assert_int_equal(note_parse(buffer_view(&crowd), &note, NULL), TRUC_E_LIMIT);
}

static void test_malformed_keys_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        "PeterNeumann+c74f20a3+",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", /* another id */
        "PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", /* another name */
        "PeterNeumann+c74f20a3+Ahpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", /* another type */
        "PeterNeumann+c74f20a+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    };
    struct note_key key;
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_int_equal(note_key_parse(bytes_string(wrong[i]), &key, NULL), TRUC_E_ARGUMENT);
    struct signing_key *p256;
    assert_int_equal(signing_key_generate(SIGNING_ECDSA_P256, &p256, NULL), 0);
    assert_int_equal(note_key_make(bytes_string("a"), signing_key_public(p256), &key, NULL), TRUC_E_ARGUMENT);
    BUFFER_CLEANUP struct buffer out = {0};
    assert_int_equal(note_sign(bytes_string("no newline"), bytes_string("a"), p256, &out, NULL), TRUC_E_ARGUMENT);
    signing_key_free(p256);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_published_note_verifies),
        cmocka_unit_test(test_changed_notes_do_not_verify),
        cmocka_unit_test(test_our_notes_read_back_and_other_keys_do_not_disturb),
        cmocka_unit_test(test_malformed_notes_are_refused),
        cmocka_unit_test(test_malformed_keys_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
