"""What programs do, as the status page, `/ws/status` and `/metrics` have it: counts, and nobody's name."""

from assistant.counts import AssistantCounts
from assistant.status import AssistantStatus


def counted() -> AssistantCounts:
    found = AssistantCounts()
    found.calls.update({("get_quotes", "ok"): 5, ("get_quotes", "no_feed"): 2, ("calculate", "ok"): 1})
    found.refused.update({"401": 3, "429": 1})
    found.sessions.update(begun=2, ended=1)
    found.chat_turns.update(stop=4, stopped=1)
    found.chat_numbers.update(bound=9)
    found.under_way, found.news_streams, found.news_starts = 2, 3, 9
    return found


def test_counts_add_up_and_name_nobody():
    part = AssistantStatus(counted())
    assert part.report() == {
        "calls": {"calculate ok": 1, "get_quotes no_feed": 2, "get_quotes ok": 5},
        "under_way": 2,
        "refused_requests": {"401": 3, "429": 1},
        "sessions": {"begun": 2, "ended": 1},
        "chat_turns": {"stop": 4, "stopped": 1},
        "chat_turns_open": 0,
        "chat_refused": {},
        "chat_numbers": {"bound": 9},
        "chat_tokens": {},
        "news_streams": 3,
        "news_starts": 9,
    }
    assert set(part.read()) == set(part.metrics)
    assert part.read()["tapedeck_chat_turns"] == [(("stop",), 4), (("stopped",), 1)]
    assert part.read()["tapedeck_mcp_calls"][0] == (("calculate", "ok"), 1)


async def test_the_table_has_a_row_for_each_tool(settings):
    table = await AssistantStatus(counted()).table(None, 1, 0)
    assert [row.cells for row in table.rows] == [["calculate", "1", "0"], ["get_quotes", "7", "2"]]
    assert (await AssistantStatus(AssistantCounts()).table(None, 1, 0)).empty == "No program has called a tool here."
    settings.MCP = False
    assert (await AssistantStatus(AssistantCounts()).table(None, 1, 0)).empty == "Programs are not let in: MCP=0."
