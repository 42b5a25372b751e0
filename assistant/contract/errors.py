"""Why a tool has no answer, as a code and a sentence that a model can act on."""

import math
import typing

import msgspec
from django.db import InterfaceError, OperationalError

from alerts.rules.errors import RuleError
from alerts.store import AlertError
from market.api.requests import BadFieldError
from market.watchlist_rules import WatchlistError
from streaming.ledger.errors import LedgerError, SinkError
from streaming.rpc.client import RpcError
from streaming.wire.subscription import SubscriptionError

AWAY_S = 5.0
"""When to come again while the database is away."""
BUSY_S = 10.0
"""When to come again where too much is open."""
TOO_MANY = frozenset({"too_many_sockets", "too_many_views"})


class ToolError(Exception):
    """No answer: `code` as in docs/tools.md, a sentence, when to come again (s) and the argument that is wrong."""

    def __init__(self, code: str, detail: str, retry_after_s: float | None = None, field: str | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retry_after_s = retry_after_s
        self.field = field

    @property
    def value(self) -> dict[str, typing.Any]:
        """What is answered."""
        told: dict[str, typing.Any] = {"code": self.code, "detail": self.detail}
        if self.retry_after_s is not None:
            told["retry_after_s"] = max(1, math.ceil(self.retry_after_s))
        if self.field:
            told["field"] = self.field
        return told


def translate(error: Exception) -> ToolError | None:
    """Return what is answered where a function behind a tool refuses; None for what is no refusal."""
    match error:
        case ToolError():
            return error
        case BadFieldError() | WatchlistError() | AlertError():
            return ToolError(error.code, error.detail, field=error.field)
        case RuleError():
            return ToolError("bad_rule", str(error), field=error.place)
        case RpcError():
            return ToolError(error.code, error.detail, error.retry_s)
        case SubscriptionError():
            return ToolError(error.code, error.detail, BUSY_S if error.code in TOO_MANY else None)
        case SinkError():  # the database is there: the desk itself failed
            return None
        case LedgerError() | OperationalError() | InterfaceError():
            return ToolError("unavailable", "The database is away. Come again.", AWAY_S)
    return None


def refuse_arguments(error: msgspec.ValidationError) -> ToolError:
    """Return what is answered where arguments have not the form of a tool's input."""
    return ToolError("bad_message", f"{str(error)[:200]}.", field=_field(str(error)))


def _field(text: str) -> str | None:
    """Return the argument that a message of msgspec is about."""
    for opening, closing in (("`$.", "`"), ("field `", "`")):
        _, found, rest = text.partition(opening)
        if found:
            return rest.partition(closing)[0].partition("[")[0].partition(".")[0]
    return None
