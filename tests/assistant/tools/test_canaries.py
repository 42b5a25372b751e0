"""Nothing of one person reaches another by any tool, whatever they ask by: it is as if it did not exist."""

import msgspec
import pytest

from alerts import store as alert_store
from alerts.rules.reader import parse_rule
from assistant.catalogue import TOOLS
from brokers.contract.events import Link
from lib.clock import now_ms
from market.watchlists import store as watchlist_store
from signals.predictors.rules import AlwaysUp
from tests.assistant.tools.harness import TRADE, tool_desk
from tests.market.cast import DAY, name
from tests.signals.honesty.market import make_tape
from tests.signals.stored_course import StoredCourse
from tests.trading.portfolio.test_valuation import book, held, money
from tests.trading.telling import fill, order

CANARY = "CNRY"
NOTE = "canary note"
ACCOUNT = "5WX1"
ARGUMENTS: dict[str, dict] = {
    "get_quotes": {"symbols": ["QQQ"], "detail": True},
    "get_candles": {"symbol": "QQQ"},
    "get_expirations": {"symbol": "QQQ"},
    "get_option_chain": {"symbol": "QQQ", "expiration": DAY.isoformat()},
    "get_payoff": {"symbol": "QQQ", "legs": [{"symbol": name("QQQ", 450, "C"), "quantity": 1}]},
    "draft_order": {"symbol": "QQQ", "legs": [{"symbol": "QQQ", "quantity": 1}]},
    "calculate": {"expression": "1"},
    "get_signals": {"symbol": "S1"},
    "get_facts": {"after": 0, "limit": 200},
    "get_fills": {"after": 0},
    "watch_quotes": {"symbols": ["QQQ"], "seconds": 5},
    "watch_facts": {"after": 0, "seconds": 5},
    "create_alert": {"rule": {"when": {"all": [{"field": "QQQ.last", "is": "above", "value": 1}]}}},
}
"""What every tool is asked with that takes something."""


@pytest.mark.long
async def test_no_tool_tells_or_changes_anything_of_somebody_else(valkey, monkeypatch):
    monkeypatch.setattr("assistant.tools.board.VALUES_S", 1.0)
    async with tool_desk(valkey) as desk:
        hers, ledger = await desk.talking(), desk.station.ledger
        link, now = str(desk.info.id), now_ms()
        hers.say(Link(link=link, label=CANARY), money(desk.info), held(desk.info, symbol=CANARY))
        hers.say(book(CANARY, 77.0, 77.1), fill(f"{CANARY}-fill", link=link, symbol=CANARY, at=now))
        hers.say(order("77", now, link=link, symbol=CANARY))
        course = StoredCourse(make_tape(5, 2, 4), [AlwaysUp()])
        await ledger.write(course.store, 1)
        mine = await ledger.write(watchlist_store.create, 1, CANARY, [CANARY])
        rule = {"when": {"all": [{"field": f"{CANARY}.last", "is": "above", "value": 1}]}, "note": NOTE}
        await ledger.write(alert_store.create, 1, parse_rule(msgspec.json.encode(rule)))
        await desk.station.host.people[1].manager.stored()
        seen = await desk.call("get_facts", limit=200)
        assert CANARY in str(seen), "it is there for its owner"
        assert CANARY in str(await desk.call("get_positions"))
        canaries = (CANARY, NOTE, link)
        for tool in TOOLS:
            arguments = ARGUMENTS.get(tool.name, {})
            if tool.name == "change_watchlist":
                arguments = {"list": mine.pk, "add": ["QQQ"]}
            result = await desk.result(tool.name, person=2, scopes=TRADE, **arguments)
            for canary in canaries:
                assert canary not in str(result.value), (tool.name, canary)
        for wrong in (mine.pk, 2**40):
            refused = await desk.refusal("change_watchlist", person=2, scopes=TRADE, list=wrong, remove=[CANARY])
            assert (refused["code"], refused["field"]) == ("unknown_watchlist", "id")
        newest = seen["newest"]
        for after in (newest - 1, newest + 1_000):
            assert (await desk.call("get_facts", person=2, after=after))["facts"] == []
            assert (await desk.call("get_fills", person=2, after=after))["fills"] == []
        accounts = [await desk.refusal("get_positions", person=3, account=text) for text in (ACCOUNT, "no such")]
        assert accounts[0] == accounts[1]
        places = [await desk.call("get_positions", person=2, after=f"A|{text}|{ACCOUNT}") for text in (link, "none")]
        assert [place["positions"] for place in places] == [[], []]
        assert (await ledger.read(watchlist_store.find, 1, mine.pk)).symbols == [CANARY]
