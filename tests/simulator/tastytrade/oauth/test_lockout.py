"""An address that asks for tokens in vain too often is shut out for a while, if there is a guard at all."""

import msgspec

from simulator.tastytrade.oauth.lockout import BLOCKED_S, Lockout, LockoutGuard


def refused(lockout: Lockout, address: str, *moments: float) -> None:
    for now in moments:
        lockout.refuse(address, now)


def test_the_door_is_open_to_everybody_until_a_guard_is_set():
    lockout = Lockout()
    refused(lockout, "x", *range(100))
    assert lockout.blocks("x", 100.0) is None
    assert lockout.report(100.0) is None
    lockout.guard(3, 60.0, is_silent=True)
    assert lockout.blocks("x", 100.0) is None, "what was refused before does not count"


def test_an_address_is_blocked_after_so_many_refusals_for_so_long():
    lockout = Lockout()
    lockout.guard(3, 60.0, is_silent=True)
    refused(lockout, "x", 0.0, 1.0)
    refused(lockout, "y", 0.0)
    assert lockout.blocks("x", 1.0) is None
    refused(lockout, "x", 2.0)
    assert lockout.blocks("x", 61.9) == LockoutGuard(3, 60.0, True)
    assert lockout.blocks("x", 62.0) is None
    assert lockout.blocks("y", 2.0) is None, "another address"


def test_the_count_begins_anew_after_a_block():
    lockout = Lockout()
    lockout.guard(2, 10.0, is_silent=False)
    refused(lockout, "x", 0.0, 0.0, 20.0)
    assert lockout.blocks("x", 20.0) is None
    refused(lockout, "x", 21.0)
    assert lockout.blocks("x", 30.9) is not None


def test_a_block_lasts_eight_hours_where_nothing_else_is_said():
    lockout = Lockout()
    lockout.guard(1, None, is_silent=False)
    refused(lockout, "x", 0.0)
    assert lockout.blocks("x", 8 * 3600 - 1.0) is not None
    assert lockout.blocks("x", BLOCKED_S) is None


def test_an_opened_door_forgets_everybody():
    lockout = Lockout()
    lockout.guard(1, 60.0, is_silent=True)
    refused(lockout, "x", 0.0)
    lockout.open()
    assert lockout.report(0.0) is None
    lockout.guard(2, 60.0, is_silent=True)
    assert lockout.blocks("x", 0.0) is None


def test_a_report_names_whom_the_guard_blocks_and_for_how_long():
    lockout = Lockout()
    lockout.guard(1, 60.0, is_silent=True)
    refused(lockout, "x", 0.0)
    refused(lockout, "y", 30.0004)
    told = lockout.report(40.0)
    assert told == {"refusals": 1, "seconds": 60.0, "is_silent": True, "blocked_s": {"x": 20.0, "y": 50.0}}
    assert msgspec.json.decode(msgspec.json.encode(told)) == told
    assert (lockout.report(60.0) or {})["blocked_s"] == {"y": 30.0}
