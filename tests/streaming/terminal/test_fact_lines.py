"""What `stream --facts` writes of each event: time, event, symbol, side, quantity, price, position, recovered."""

from decimal import Decimal

import pytest

from streaming.terminal.fact_lines import line

AT = 1_700_000_000_123
HEAD = "2023-11-14 22:13:20.123"
LEG = {"symbol": "QQQ", "side": "buy", "quantity": 5, "filled": 2}
ORDER = {"type": "order", "at": AT, "order": "9", "status": "working", "venue_status": "Live", "legs": [LEG]}
FILL = {
    "type": "fill", "at": AT, "kind": "fill", "symbol": "QQQ", "quantity": Decimal(-3), "price": Decimal("450.10"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("fact", "expected"),
    [
        (FILL, "fill QQQ sell 3 @ 450.10"),
        (
            {**FILL, "order": "9", "position": 5, "recovered": True, "late_s": Decimal("14.21")},
            "fill QQQ sell 3 @ 450.10 position 5 order 9 recovered 14.2 s late",
        ),
        ({**FILL, "kind": "bust", "recovered": True}, "bust QQQ sell 3 @ 450.10 recovered"),
        ({**ORDER, "price": Decimal("449.50")}, "order working QQQ buy 2/5 limit @ 449.50 order 9 (Live)"),
        ({**ORDER, "status": "rejected", "reason": "no room"}, "order rejected QQQ buy 2/5 no room order 9 (Live)"),
        (
            {"type": "activity", "at": AT, "kind": "fee", "amount": Decimal("-0.02"), "text": "Clearing"},
            "fee -0.02 dollars Clearing",
        ),
        ({"type": "notice", "at": AT, "code": "link_back", "text": "Main is live"}, "notice Main is live"),
    ],
)
def test_a_line_says_what_is_known_and_nothing_else(fact, expected):
    assert " ".join(line(fact).split()) == f"{HEAD} {expected}"
