"""An address has as many sockets as keys, and opens no more of them at a time."""

from simulator.alpaca.streams.connection_limit import ConnectionLimit


def test_an_address_has_as_many_sockets_as_keys_and_opens_no_more_at_a_time():
    gate = ConnectionLimit()
    assert gate.passes("x", 0, 0.0)
    assert not gate.passes("x", 0, 0.9), "too soon"
    assert gate.passes("x", 0, 1.0), "who is refused does not wait longer"
    assert not gate.passes("x", 1, 9.0), "one is open"
    gate.know("x", "k1")
    gate.know("x", "k2")
    assert [gate.passes("x", 1, 9.0), gate.passes("x", 1, 9.1), gate.passes("x", 1, 9.2)] == [True, True, False]
    assert gate.passes("y", 0, 9.2)


def test_one_key_used_twice_is_one_and_a_shorter_wait_counts_at_once():
    gate = ConnectionLimit()
    for _ in range(2):
        gate.know("x", "k1")
    assert gate.passes("x", 0, 0.0)
    assert not gate.passes("x", 0, 0.5)
    gate.reconnect_s = 0.5
    assert gate.passes("x", 0, 0.5)
