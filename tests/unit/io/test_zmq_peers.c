/* test_zmq_peers.c - what the table of peers promises: numbers are never used again, and the table has a bound.
 * No sockets here.
 * See bus/io/zmq_peers.h. */
#include "cmocka_start.h"

#include "zmq_peers.h"
#include <truc/error.h>

static struct bytes make_id(uint8_t id[ZMQ_PEER_ID_BYTES], uint32_t number)
{
    id[0] = 0;
    store_le32(id + 1, number);
    return bytes_of(id, ZMQ_PEER_ID_BYTES);
}

static void a_peer_is_found_by_id_and_number(void **state)
{
    (void)state;
    struct zmq_peers peers = {0};
    struct zmq_peer *peer;
    uint8_t id[ZMQ_PEER_ID_BYTES], key[ZMQ_PEER_KEY_BYTES] = {7};
    assert_int_equal(zmq_peers_add(&peers, make_id(id, 42), key, &peer), 0);
    assert_ptr_equal(zmq_peers_by_id(&peers, make_id(id, 42)), peer);
    assert_ptr_equal(zmq_peers_by_number(&peers, peer->number), peer);
    assert_memory_equal(peer->key, key, sizeof key);
    assert_null(zmq_peers_by_id(&peers, make_id(id, 43)));
    assert_null(zmq_peers_by_number(&peers, peer->number + 1));
    zmq_peers_free(&peers);
}

static void a_number_is_never_used_again(void **state)
{
    (void)state;
    struct zmq_peers peers = {0};
    struct zmq_peer *peer;
    uint8_t id[ZMQ_PEER_ID_BYTES], key[ZMQ_PEER_KEY_BYTES] = {0};
    uint64_t last = 0;
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(zmq_peers_add(&peers, make_id(id, 1), key, &peer), 0);
        assert_true(peer->number > last);
        last = peer->number;
        zmq_peers_remove(&peers, last);
        zmq_peers_remove(&peers, last);
        assert_null(zmq_peers_by_id(&peers, make_id(id, 1)));
        assert_int_equal(zmq_peers_count(&peers), 0);
    }
    zmq_peers_free(&peers);
    zmq_peers_free(NULL);
}

static void the_table_has_a_bound(void **state)
{
    (void)state;
    struct zmq_peers peers = {0};
    struct zmq_peer *peer = NULL;
    uint8_t id[ZMQ_PEER_ID_BYTES], key[ZMQ_PEER_KEY_BYTES] = {0};
    for (uint32_t i = 0; i < ZMQ_PEERS_MAX; i++)
        assert_int_equal(zmq_peers_add(&peers, make_id(id, i), key, &peer), 0);
    assert_int_equal(zmq_peers_add(&peers, make_id(id, ZMQ_PEERS_MAX), key, &peer), TRUC_E_LIMIT);
    zmq_peers_remove(&peers, peer->number);
    assert_int_equal(zmq_peers_add(&peers, make_id(id, ZMQ_PEERS_MAX), key, &peer), 0);
    zmq_peers_free(&peers);
}

static void only_ids_made_by_the_router_are_automatic(void **state)
{
    (void)state;
    assert_true(zmq_peer_id_is_automatic(bytes_of("\0abcd", 5)));
    assert_false(zmq_peer_id_is_automatic(bytes_of("aabcd", 5)));
    assert_false(zmq_peer_id_is_automatic(bytes_of("\0abc", 4)));
    assert_false(zmq_peer_id_is_automatic(bytes_of("\0abcde", 6)));
    assert_false(zmq_peer_id_is_automatic(BYTES_EMPTY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_peer_is_found_by_id_and_number),
        cmocka_unit_test(a_number_is_never_used_again),
        cmocka_unit_test(the_table_has_a_bound),
        cmocka_unit_test(only_ids_made_by_the_router_are_automatic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
