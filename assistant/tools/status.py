"""`desk_status`: the session of the market, and how each link is."""

from assistant.contract.caller import ToolCaller
from assistant.contract.outside import move_outside
from assistant.contract.progress import Progress
from assistant.contract.tool import NoInput, Row, Tool, ToolHints, ToolOutput
from assistant.tools.board import read_slots, with_age
from lib.clock import now_ms
from streaming.board.board import Item
from streaming.wire.subscription import Subscription

VIEW = Subscription(topics=frozenset({"links", "market"}))
WITHIN_S = 1.0
LINK = (
    "link",
    "venue",
    "environment",
    "label",
    "state",
    "since",
    "feed_at",
    "account_at",
    "retry_at",
    "delayed",
    "reason",
)
"""What is told of a link."""


class DeskStatusOutput(ToolOutput, frozen=True, kw_only=True):
    """The session (`pre`, `open`, `post`, `closed`, `halted`), when it changes, every link, and what is wrong."""

    session: str | None
    next_change: int | None
    links: list[Row]
    warnings: list[str]


async def _desk_status(caller: ToolCaller, asked: NoInput, progress: Progress) -> DeskStatusOutput:
    slots = await read_slots(
        caller, VIEW, lambda found: ("market",) in found and any(slot[0] == "link" for slot in found), WITHIN_S
    )
    now = now_ms()
    market = slots.get(("market",), {})
    links = sorted((item for slot, item in slots.items() if slot[0] == "link"), key=lambda one: str(one["link"]))
    return DeskStatusOutput(
        at=now, session=market.get("session"), next_change=market.get("next_change"),
        links=[_link_row(one, now) for one in links], warnings=_warnings(links),
    )  # fmt: skip


def _link_row(link: Item, now: int) -> Row:
    """Return what is told of a link; `at` is when its feed was heard last."""
    told = {name: link.get(name) for name in LINK}
    aged = with_age(told | {"at": link.get("feed_at"), "source": "desk"}, now)
    return move_outside(aged, ("label", "reason"))


def _warnings(links: list[Item]) -> list[str]:
    """Return what keeps values from being current, one sentence each."""
    if not links:
        return ["No broker is linked: there are no prices and no accounts."]
    found = [
        f"Link {one['link']} is {one.get('state')}: its values are not current." for one in links if not _is_live(one)
    ]
    return found + [f"Prices by link {one['link']} are delayed." for one in links if one.get("delayed")]


def _is_live(link: Item) -> bool:
    return link.get("state") == "live"


DESK_STATUS = Tool(
    name="desk_status",
    title="Desk status",
    description=(
        "Not for prices or holdings. The market's session and when it changes, the state of each broker link with when"
        " it was heard last, and warnings about values that are not current."
    ),
    hints=ToolHints(open_world=True),
    input=NoInput,
    output=DeskStatusOutput,
    rate=30,
    run=_desk_status,
)
