"""The sums of a person's holdings: by underlying, by account, and of all accounts of one environment. Pure."""

import collections
import typing
from collections.abc import Collection, Iterable, Mapping, Sequence

from brokers.contract.events import Exposure, Portfolio
from streaming.board.board import Item
from trading.portfolio.holding import Amount, PortfolioHolding
from trading.portfolio.pnl import ZERO, known, total

AMOUNTS = ("value", "day_pl", "realised_pl", "open_pl", "delta", "gamma", "theta", "vega", "beta_delta")
COUNTS = ("positions", "unmarked", "ungreeked", "unweighted")
MONEY = ("balance", "net_liq", "difference", "cash", "buying_power")


class Around(typing.NamedTuple):
    """What must be known beside holdings and balances.

    `environments` and `reasons` (why nothing of it is marked) are by link; `fees` are those an account was charged
    today for no trade in particular, by link and account; `at` is now, in ms.
    """

    environments: Mapping[str, str]
    reasons: Mapping[str, str | None]
    fees: Mapping[tuple[str, str], Amount]
    at: int


def exposures(holdings: Collection[PortfolioHolding], at: int) -> list[Exposure]:
    """Return what is held of each underlying, in each environment. `at` in ms."""
    groups: dict[tuple[str, str], list[PortfolioHolding]] = collections.defaultdict(list)
    for holding in holdings:
        groups[holding.environment, holding.underlying].append(holding)
    return [
        Exposure(environment=environment, underlying=underlying, at=at, **_sums(group))
        for (environment, underlying), group in sorted(groups.items())
    ]


def portfolios(holdings: Collection[PortfolioHolding], balances: Iterable[Item], around: Around) -> list[Portfolio]:
    """Return the sums of each account that told its money, then those of all accounts of each environment."""
    accounts = [_account(holdings, balance, around) for balance in balances if balance["link"] in around.environments]
    groups: dict[str, list[Portfolio]] = collections.defaultdict(list)
    for account in accounts:
        groups[account.environment].append(account)
    return [*accounts, *(_together(group, around.at) for _, group in sorted(groups.items()))]


def _account(holdings: Collection[PortfolioHolding], balance: Item, around: Around) -> Portfolio:
    link, account = balance["link"], balance["account"]
    group = [holding for holding in holdings if holding.key[:2] == (link, account)]
    sums = _sums(group)
    if (charged := around.fees.get((link, account))) and sums["day_pl"] is not None:
        sums["day_pl"] -= charged
    ours = total([balance.get("cash"), *(holding.value for holding in group)])
    theirs = balance.get("balance")
    return Portfolio(
        environment=around.environments[link],
        link=link,
        account=account,
        balance=theirs,
        net_liq=ours,
        difference=None if ours is None or theirs is None else ours - theirs,
        cash=balance.get("cash"),
        buying_power=balance.get("buying_power"),
        reason=around.reasons.get(link) if sums["unmarked"] else None,
        at=around.at,
        **sums,
    )


def _together(accounts: Sequence[Portfolio], at: int) -> Portfolio:
    reasons = [one.reason for one in accounts if one.reason]
    sums: dict[str, typing.Any] = {name: total(getattr(one, name) for one in accounts) for name in MONEY}
    sums |= {name: sum(getattr(one, name) for one in accounts) for name in COUNTS}
    sums |= {name: known(getattr(one, name) for one in accounts) for name in AMOUNTS}
    environment, reason = accounts[0].environment, reasons[0] if reasons else None
    return Portfolio(environment=environment, link="", account="", reason=reason, at=at, **sums)


def _sums(group: Collection[PortfolioHolding]) -> dict[str, typing.Any]:
    """Return what holdings come to: of each amount that of those of whom it is known."""
    held = [holding for holding in group if holding.held]
    return {
        "positions": len(held),
        "unmarked": sum(not holding.is_whole for holding in group),
        "ungreeked": sum(holding.delta is None for holding in group),
        "unweighted": sum(holding.beta_delta is None for holding in group),
        **{name: known(getattr(one, name) for one in group) if group else ZERO for name in AMOUNTS},
    }
