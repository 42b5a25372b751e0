"""A portfolio as a page is rendered, in words. Pure; static/js/portfolio/rows.js goes on with the same."""

import decimal
import typing
from collections.abc import Iterable, Mapping, Sequence

from accounts.account_names import account_name, venue_of
from brokers.instruments.symbols import parse_option
from streaming.board.board import Item
from streaming.formatting import counted
from streaming.templatetags.figures import MISSING, change, fixed, money, price, way
from trading.display.tape import MONTHS, amount
from trading.portfolio.board_view import BoardView


class Cells(typing.NamedTuple):
    """One row of positions: a group's, or a holding's. `day` and `open` are amounts, for their colours.

    `where` names the account of what is held, where there are several.
    """

    name: str
    note: str
    where: str
    quantity: str
    mark: str
    source: str
    value: str
    day_pl: str
    open_pl: str
    delta: str
    theta: str
    day: str = ""
    open: str = ""


class PositionGroup(typing.NamedTuple):
    """What is held of one underlying, in one environment: its sums, and its holdings where there are several."""

    key: str
    head: Cells
    legs: tuple[Cells, ...]


class ShownAccount(typing.NamedTuple):
    """One account: what it is worth by our marks and by its venue."""

    key: str
    name: str
    note: str
    texts: dict[str, str]
    day: str
    open: str


SUMS = ("delta", "theta", "vega", "beta_delta")


def blank() -> Cells:
    """Return a row in which nothing is known, which the page's script makes others of."""
    return Cells("", "", "", MISSING, MISSING, "", MISSING, MISSING, MISSING, MISSING, MISSING)


def groups(look: BoardView) -> list[PositionGroup]:
    """Return what is held, by environment and underlying."""
    labels = {link["link"]: link for link in look.links}
    several = len(look.totals) > 1
    found = []
    for exposure in look.exposures:
        held = [
            one for one in look.positions if _group(one, labels) == (exposure["environment"], exposure["underlying"])
        ]
        legs = tuple(_leg(one, look) for one in held)
        note = legs[0].note if len(legs) == 1 else counted(len(held), "position") if held else "closed today"
        head = _sums(exposure, note, several)
        if len(legs) == 1:
            head = head._replace(
                where=legs[0].where, quantity=legs[0].quantity, mark=legs[0].mark, source=legs[0].source
            )
        key = f"{exposure['environment']}|{exposure['underlying']}"
        found.append(PositionGroup(key, head, legs if len(legs) > 1 else ()))
    return found


def _group(position: Item, labels: Mapping[str, Item]) -> tuple[str, str]:
    environment = labels.get(position["link"], {}).get("environment", "")
    option = parse_option(position["symbol"])
    return environment, position.get("underlying") or (option.root if option else position["symbol"])


def _sums(exposure: Item, note: str, several: bool) -> Cells:
    environment = f" · {exposure['environment']}" if several else ""
    return Cells(
        name=exposure["underlying"],
        note=note + environment,
        where="",
        quantity="",
        mark="",
        source="",
        value=money(exposure.get("value")),
        day_pl=change(exposure.get("day_pl")),
        open_pl=change(exposure.get("open_pl")),
        delta=fixed(exposure.get("delta"), 1),
        theta=fixed(exposure.get("theta"), 2),
        day=way(exposure.get("day_pl")),
        open=way(exposure.get("open_pl")),
    )


def _leg(position: Item, look: BoardView) -> Cells:
    return Cells(
        name=described(position),
        note=described(position),
        where=_named(position, look) if len(look.accounts) > 1 else "",
        quantity=MISSING if position.get("quantity") is None else signed(position["quantity"]),
        mark=price(position.get("mark")),
        source=position.get("mark_source") or "",
        value=money(position.get("value")),
        day_pl=change(position.get("day_pl")),
        open_pl=change(position.get("open_pl")),
        delta=fixed(position.get("delta"), 1),
        theta=fixed(position.get("theta"), 2),
        day=way(position.get("day_pl")),
        open=way(position.get("open_pl")),
    )


def _named(item: Item, look: BoardView) -> str:
    return account_name(item["account"], venue_of(item["link"], look.links))


def described(position: Item) -> str:
    """Say what a holding is within its group: its day, strike and right, or that it is shares."""
    option = parse_option(position["symbol"])
    if option is not None:
        day = f"{option.expiry.day} {MONTHS[option.expiry.month - 1]} {option.expiry.year}"
        return f"{day} {amount(option.strike)} {option.right}"
    is_shares = position.get("instrument") in (None, "Equity") and position["symbol"].isalpha()
    return "Shares" if is_shares else position["symbol"]


def signed(quantity: decimal.Decimal) -> str:
    """Write a quantity, short with a minus."""
    return f"−{amount(-quantity)}" if quantity < 0 else amount(quantity)


def accounts(look: BoardView) -> list[ShownAccount]:
    """Return every account with its own sums."""
    labels = {link["link"]: link for link in look.links}
    return [
        ShownAccount(
            key=f"{one['environment']}|{one['link']}|{one['account']}",
            name=_named(one, look),
            note=labels.get(one["link"], {}).get("label") or "",
            texts=money_of(one),
            day=way(one.get("day_pl")),
            open=way(one.get("open_pl")),
        )
        for one in look.accounts
    ]


def money_of(portfolio: Item) -> dict[str, str]:
    """Return what is written of the money of one portfolio."""
    plain = {name: money(portfolio.get(name)) for name in ("net_liq", "balance", "cash", "buying_power")}
    moved = {name: change(portfolio.get(name)) for name in ("difference", "day_pl", "open_pl", "realised_pl")}
    sums = {name: fixed(portfolio.get(name), 1) for name in SUMS}
    return {**plain, **moved, **sums, "lacks": lacks(portfolio)}


def lacks(portfolio: Item) -> str:
    """Say what the sums leave out."""
    parts = [str(portfolio["reason"])] if portfolio.get("reason") else []
    if portfolio.get("unmarked") and not parts:
        parts.append(f"{counted(portfolio['unmarked'], 'position')} not in the sums: no price is known.")
    if portfolio.get("ungreeked"):
        parts.append(f"Greeks of {counted(portfolio['ungreeked'], 'position')} are missing.")
    return " ".join(parts)


def line(samples: Sequence[Item], width: int = 240, height: int = 40) -> str:
    """Return what was worth over time as points of an SVG line; empty where there are not two moments of it.

    Accounts are added up; a moment at which one of them is not known is left out.
    """
    sums: dict[int, decimal.Decimal] = {}
    names = {(one["link"], one["account"]) for one in samples}
    by_time: dict[int, dict[tuple[str, str], decimal.Decimal]] = {}
    for one in samples:
        if (worth := one["balance"] if one["balance"] is not None else one["net_liq"]) is not None:
            by_time.setdefault(one["at"], {})[one["link"], one["account"]] = worth
    for at, told in by_time.items():
        if told.keys() == names:
            sums[at] = sum(told.values(), decimal.Decimal())
    return points(sums.items(), width, height) if len(sums) > 1 else ""


def points(sums: Iterable[tuple[int, decimal.Decimal]], width: int, height: int) -> str:
    """Return amounts over time as points, the newest on the right, the greatest on top."""
    rows = sorted(sums)
    (first, _), (last, _) = rows[0], rows[-1]
    least, most = min(worth for _, worth in rows), max(worth for _, worth in rows)
    found = []
    for at, worth in rows:
        x = width * (at - first) // (last - first)
        y = height // 2 if most == least else height - int((worth - least) * height / (most - least))
        found.append(f"{x},{y}")
    return " ".join(found)
