"""What a venue was asked is counted and told in JSON."""

import msgspec

from simulator.stats import Stats


def test_token_requests_are_counted_by_grant_with_the_times_of_refusals():
    stats = Stats()
    stats.token("5WX00001", ok=True, at=1)
    stats.token("5WX00001", ok=False, at=2)
    stats.token("unknown", ok=False, at=3)
    stats.token("unknown", ok=False, at=4)
    assert stats.report()["tokens"] == {
        "5WX00001": {"ok": 1, "refused": 1, "refused_at": [2]},
        "unknown": {"ok": 0, "refused": 2, "refused_at": [3, 4]},
    }


def test_a_report_is_json_and_stays_as_it_was_told():
    stats = Stats()
    stats.statuses[429] += 1
    stats.requests["GET /clock"] += 2
    stats.unauthorised += 1
    stats.token("5WX00001", ok=True, at=1)
    told = stats.report()
    stats.statuses[429] += 1
    stats.token("5WX00001", ok=True, at=2)
    assert msgspec.json.decode(msgspec.json.encode(told)) == told
    assert (told["statuses"], told["requests"], told["unauthorized"]) == ({"429": 1}, {"GET /clock": 2}, 1)
    assert told["tokens"]["5WX00001"]["ok"] == 1


def test_a_new_venue_has_counted_nothing():
    assert Stats().report() == {
        "tokens": {}, "requests": {}, "statuses": {}, "unauthorized": 0, "opened": {}, "refused": {},
    }  # fmt: skip
