"""Quote alerts as the venue writes them: what fired and what expired is told apart, what is no alert is none."""

import decimal

import pytest

from brokers.tastytrade.reference.quote_alerts import to_alert

RAW = {
    "alert-external-id": "71", "user-external-id": "U1", "symbol": "BRK/B", "field": "IV", "operator": "<",
    "threshold": "0.25", "threshold-numeric": 0.25, "created-at": "2026-11-24T15:00:00.250+00:00",
    "expires-at": 1_803_000_000_000,
}  # fmt: skip


def test_an_alert_that_waits_has_its_terms_and_times():
    found = to_alert(RAW)
    assert found is not None
    assert (found.id, found.field, found.compared, found.threshold) == ("71", "iv", "below", decimal.Decimal("0.25"))
    assert (found.created, found.expires) == (1_795_532_400_250, 1_803_000_000_000)
    assert (found.triggered, found.is_over) == (None, False)


def test_what_became_of_it_is_told():
    fired = to_alert(RAW | {"triggered-at": "2026-11-24T15:00:01+00:00", "expires-at": "1803000000000"})
    assert fired is not None
    assert (fired.triggered, fired.expires) == (1_795_532_401_000, 1_803_000_000_000)
    over = to_alert(RAW | {"expired-at": "2026-11-25T15:00:01+00:00"})
    assert over is not None
    assert over.is_over


@pytest.mark.parametrize(
    "more",
    [
        {"symbol": None}, {"field": "Volume"}, {"operator": "="}, {"threshold": "much"}, {"threshold": "NaN"},
        {"alert-external-id": None},
    ],
)  # fmt: skip
def test_what_says_too_little_is_no_alert(more):
    assert to_alert(RAW | more) is None


@pytest.mark.parametrize("time", [None, "soon", "2026-11-24T15:00:00", True, {}])
def test_a_time_that_cannot_be_read_is_missing(time):
    found = to_alert(RAW | {"created-at": time, "expires-at": time})
    assert found is not None
    assert (found.created, found.expires) == (None, None)
