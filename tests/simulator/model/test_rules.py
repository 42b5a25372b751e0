"""The honest model asks the tool that a question is about, and answers with references to what that told."""

import msgspec
import pytest

from simulator.model import rules
from simulator.model.conversation import read_conversation
from simulator.model.liar import REFERENCE
from simulator.model.words import find_symbols

TOOLS = [
    "desk_status", "get_quotes", "market_overview", "get_candles", "get_expirations", "get_option_chain",
    "get_portfolio", "get_positions", "get_orders", "get_fills", "get_net_liq", "get_facts", "get_payoff", "calculate",
    "get_news", "get_signals", "get_alerts", "list_watchlists", "change_watchlist", "create_alert", "draft_order",
]  # fmt: skip

QUESTIONS = {
    "What is the price of QQQ?": ("get_quotes", {"symbols": ["QQQ"]}),
    "spy and tesla?": ("get_quotes", {"symbols": ["SPY", "TSLA"]}),
    "How is the market?": ("market_overview", {}),
    "What do I hold?": ("get_positions", {}),
    "How much am I making on my Apple position?": ("get_positions", {"underlying": "AAPL"}),
    "What's my P&L today?": ("get_portfolio", {}),
    "How much buying power do I have?": ("get_portfolio", {}),
    "How did my net liq do over the last 2 weeks?": ("get_net_liq", {"days": 14}),
    "Show my working orders": ("get_orders", {"status": "working", "limit": 20}),
    "What was filled today?": ("get_fills", {"limit": 20}),
    "When do options on NVDA expire?": ("get_expirations", {"symbol": "NVDA"}),
    "Any news on AMD?": ("get_news", {"symbol": "AMD", "limit": 5}),
    "News about my positions": ("get_news", {"limit": 5, "mine": True}),
    "What did MSFT do over the past month?": ("get_candles", {"symbol": "MSFT", "interval": "1d", "limit": 20}),
    "What is 15% of 2,400?": ("calculate", {"expression": "15 * 2400 / 100"}),
    "12 * (3 + 4)": ("calculate", {"expression": "12 * (3 + 4)"}),
    "What do the signals say about SPY?": ("get_signals", {"symbol": "SPY"}),
    "Which alerts do I have?": ("get_alerts", {}),
    "Show my watchlists": ("list_watchlists", {}),
    "Is the market open?": ("desk_status", {}),
    "Buy 10 TSLA": ("draft_order", {"symbol": "TSLA", "legs": [{"symbol": "TSLA", "quantity": 10}]}),
    "What has changed?": ("get_facts", {"limit": 20}),
}


def conversation(question, *results, tools=TOOLS):
    """A request of a desk, with the results that came since the question."""
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": question}]
    for number, (tool, value) in enumerate(results, 1):
        call = {"id": f"c{number}", "type": "function", "function": {"name": tool, "arguments": "{}"}}
        messages.append({"role": "assistant", "content": None, "tool_calls": [call]})
        told = msgspec.json.encode({"call": f"c{number}", **value}).decode()
        messages.append({"role": "tool", "tool_call_id": f"c{number}", "content": told})
    functions = [{"type": "function", "function": {"name": name}} for name in tools]
    return read_conversation({"messages": messages, "tools": functions})


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_question_leads_to_its_tool(question):
    calls = rules.reply(conversation(question)).calls
    assert [(call.tool, call.arguments) for call in calls] == [QUESTIONS[question]]


def test_why_asks_for_the_price_and_the_news():
    calls = rules.reply(conversation("Why is TSLA down?")).calls
    assert [call.tool for call in calls] == ["get_quotes", "get_news"]


def test_a_chain_is_asked_for_once_an_expiration_is_known():
    first = ("get_expirations", {"symbol": "SPY", "expirations": [{"date": "2026-12-18", "strikes": 90}]})
    calls = rules.reply(conversation("Show me SPY puts", first)).calls
    assert [(call.tool, call.arguments["expiration"], call.arguments["side"]) for call in calls] == [
        ("get_option_chain", "2026-12-18", "put")
    ]
    assert "2026-12-18" in rules.reply(conversation("When do options on SPY expire?", first)).text


def test_every_figure_is_a_reference_and_what_is_missing_is_said():
    quote = {"symbol": "QQQ", "last": 450.24, "bid": 450.2, "ask": 450.3, "change": None, "state": "live"}
    text = rules.reply(conversation("QQQ?", ("get_quotes", {"quotes": [quote], "unknown": []}))).text
    assert [match[0] for match in REFERENCE.finditer(text)] == [
        f"[[c1:/quotes/0/{name}]]" for name in ("last", "bid", "ask")
    ]
    assert "change not known" in text
    assert not any(letter.isdigit() for letter in REFERENCE.sub("", text))


def test_a_question_about_nothing_is_answered_with_what_it_is():
    assert "simulated model" in rules.reply(conversation("Hello, who are you?")).text


def test_a_tool_that_is_not_offered_is_not_called():
    found = rules.reply(conversation("What do I hold?", tools=["get_quotes"]))
    assert (found.calls, found.text) == ((), rules.NO_TOOL)


def test_words_in_capitals_are_no_symbols():
    assert find_symbols("WHAT IS MY P&L ON AAPL CALLS?") == ["AAPL"]


def test_the_question_is_the_first_one_of_the_turn_and_what_the_desk_adds_is_none():
    user = {"role": "user", "content": "QQQ?"}
    call = {"id": "a", "type": "function", "function": {"name": "get_quotes", "arguments": "{}"}}
    earlier = [{"role": "user", "content": "SPY?"}, {"role": "assistant", "content": "It is up."}]
    asked = [{"role": "assistant", "content": None, "tool_calls": [call]}]
    told = [{"role": "tool", "tool_call_id": "a", "content": '{"call":"c3","quotes":[]}'}]
    hint = [{"role": "user", "content": "No more tools can be called."}]
    found = read_conversation({"messages": [*earlier, user, *asked, *told, *hint]})
    assert (found.question, [(one.number, one.tool) for one in found.results]) == ("QQQ?", [(3, "get_quotes")])
    assert read_conversation({"messages": [*earlier, user, *hint]}).question == "QQQ?"
