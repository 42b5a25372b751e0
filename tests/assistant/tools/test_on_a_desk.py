"""Every tool on a whole desk, over its real door, with a simulated venue: it answers, and each value has its age."""

import json
import typing

import httpx
import jsonschema
import pytest

from assistant.call import MOST_BYTES
from assistant.catalogue import TOOLS
from simulator.model.conversation import SimToolResult
from simulator.model.liar import REFERENCE
from simulator.model.sentences import answer
from tests.assistant.mcp.messages import BOTH, answer_of, message
from tests.support.people import ALICE
from tests.support.plain_http import NO_TLS
from trading.display.tape import instrument

SYMBOL = "QQQ"
AGED = {
    "get_quotes": "quotes", "market_overview": "indices", "get_option_chain": "options", "get_portfolio": "totals",
    "get_positions": "positions", "desk_status": "links", "watch_quotes": "quotes", "get_payoff": "legs",
}  # fmt: skip
"""Where a tool's rows are that cannot be missing on this desk."""


class Program:
    """A program with an API token."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client

    def ask(self, method: str, params: dict | None = None) -> dict:
        """Send a request and return its result."""
        answer = self.client.post("/mcp", json=message(method, params))
        found: dict = answer_of(answer.raise_for_status())["result"]
        return found

    def call(self, tool: str, **arguments: typing.Any) -> dict:
        """Call a tool that answers."""
        result = self.ask("tools/call", {"name": tool, "arguments": arguments})
        assert not result.get("isError"), (tool, result)
        told: dict = result["structuredContent"]
        assert json.loads(result["content"][0]["text"]) == told
        return told


@pytest.fixture(scope="module")
def program(desk) -> typing.Iterator[Program]:
    token = desk.token(ALICE, name="tools", scopes=("read", "trade"))
    headers = {"Authorization": f"Bearer {token}", "Accept": BOTH}
    with httpx.Client(verify=NO_TLS, base_url=desk.url, headers=headers, timeout=60) as client:
        yield Program(client)


@pytest.fixture(scope="module")
def arguments(program) -> dict[str, dict]:
    """What every tool is asked with that takes something, about what this venue lists."""
    days = program.call("get_expirations", symbol=SYMBOL)["expirations"]
    day = min(days, key=lambda one: abs(one["dte"] - 30))
    chain = program.call("get_option_chain", symbol=SYMBOL, expiration=day["date"], root=day["root"], side="call")
    legs = [{"symbol": row["symbol"], "quantity": way} for row, way in zip(chain["options"], (1, -1), strict=False)]
    (first, *_) = program.call("list_watchlists")["watchlists"]
    return {
        "get_quotes": {"symbols": [SYMBOL, "SPY"], "detail": True},
        "get_candles": {"symbol": SYMBOL, "interval": "5m", "limit": 200},
        "get_expirations": {"symbol": SYMBOL},
        "get_option_chain": {"symbol": SYMBOL, "expiration": day["date"], "root": day["root"], "rows": 40},
        "get_payoff": {"symbol": SYMBOL, "legs": legs},
        "draft_order": {"symbol": SYMBOL, "legs": legs},
        "calculate": {"expression": "a / 3", "values": {"a": 1}},
        "get_signals": {"symbol": SYMBOL},
        "watch_quotes": {"symbols": [SYMBOL], "seconds": 5},
        "watch_facts": {"seconds": 5},
        "change_watchlist": {"list": first["id"], "add": ["GME"]},
        "create_alert": {"rule": {"when": {"all": [{"field": f"{SYMBOL}.last", "is": "crosses_up", "value": 9999}]}}},
    }


@pytest.fixture(scope="module")
def schemas(program) -> dict[str, dict]:
    """What each tool says of its results."""
    return {tool["name"]: tool["outputSchema"] for tool in program.ask("tools/list")["tools"]}


@pytest.mark.parametrize("name", [tool.name for tool in TOOLS if tool.name != "stream_market_news"])
def test_a_tool_answers_by_its_schema_and_each_row_has_its_age(program, schemas, arguments, name):
    told = program.call(name, **arguments.get(name, {}))
    jsonschema.validate(told, schemas[name])
    assert len(json.dumps(told, separators=(",", ":")).encode()) <= MOST_BYTES
    assert told["at"] > 0
    if (rows := AGED.get(name)) is not None:
        assert told[rows]
        for row in told[rows]:
            assert {"at", "age_ms", "source", "delayed"} <= row.keys()
            assert row["age_ms"] is not None
            assert 0 <= row["age_ms"] < 600_000, row


def test_a_proposal_is_a_card_on_the_page(desk, program, arguments):
    drafted = program.call("draft_order", **arguments["draft_order"])
    assert drafted["card"]["max_loss"] == pytest.approx(drafted["card"]["cost"], abs=0.01), "a debit spread"
    with desk.sign_in(ALICE) as client:
        page = client.get("/").text
    assert 'A program proposes an order on <span data-field="symbol">QQQ<' in page
    assert instrument(arguments["draft_order"]["legs"][0]["symbol"]) in page


READ_BY_THE_MODEL = {
    "get_quotes": "/quotes/0/last /quotes/0/bid /quotes/0/day/high", "market_overview": "/indices/0/last",
    "get_positions": "/positions/0/quantity /positions/0/mark /positions/0/open_pl",
    "get_portfolio": "/totals/0/net_liq /totals/0/cash /totals/0/buying_power /totals/0/day_pl",
    "get_expirations": "/expirations/0/strikes", "get_option_chain": "/options/0/strike /options/0/bid",
    "get_candles": "/summary/high /summary/change /candles/0/4", "get_payoff": "/cost /max_profit /breakevens/0",
    "calculate": "/value",
}  # fmt: skip
"""What the loopback model refers to, by tool, on a desk where all of it is known."""


@pytest.mark.parametrize("name", READ_BY_THE_MODEL)
def test_the_loopback_model_refers_to_what_a_tool_tells(program, arguments, name):
    told = program.call(name, **arguments.get(name, {}))
    text = answer(SimToolResult(4, name, told, ""))
    assert {match[1] for match in REFERENCE.finditer(text)} == {"4"}
    assert set(READ_BY_THE_MODEL[name].split()) <= {match[2] for match in REFERENCE.finditer(text)}
