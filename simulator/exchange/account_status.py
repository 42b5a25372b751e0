"""How an account of the loopback venues stands: what it may do, and what each person may do with it. Pure."""

import datetime
import typing

import msgspec

Authority = typing.Literal["owner", "trade-only", "read-only"]
"""What a person may do with an account; only `read-only` keeps them from trading."""


class AccountStatus(msgspec.Struct):
    """What the venue lets an account do now. A closed or a frozen one does not trade at all."""

    is_closed: bool = False
    is_frozen: bool = False
    is_closing_only: bool = False
    is_in_margin_call: bool = False
    is_pattern_day_trader: bool = False
    day_trades: int = 0
    """Of the last five trading days."""
    closed_at: datetime.datetime | None = None
    changed_at: datetime.datetime | None = None
    """None while nothing has changed since the account was opened."""

    @property
    def is_trading(self) -> bool:
        """Whether any order is taken at all."""
        return not (self.is_closed or self.is_frozen)


class StandingChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is to change of a standing; None leaves a thing as it is."""

    is_closed: bool | None = None
    is_frozen: bool | None = None
    is_closing_only: bool | None = None
    is_in_margin_call: bool | None = None
    is_pattern_day_trader: bool | None = None
    day_trades: int | None = None


def change(standing: AccountStatus, wanted: StandingChange, at: datetime.datetime) -> AccountStatus:
    """Return the standing after a change at `at`. A reopened account was never closed."""
    changed = {key: value for key, value in msgspec.structs.asdict(wanted).items() if value is not None}
    after = msgspec.structs.replace(standing, **changed, changed_at=at)
    closed_at = (standing.closed_at or at) if after.is_closed else None
    return msgspec.structs.replace(after, closed_at=closed_at)
