"""One REST request as the simulated Tradier reads it: whose it is, and its parameters, of query or form. Pure."""

import datetime
import decimal
import typing
import urllib.parse

import msgspec

from simulator.asgi import SimRequest
from simulator.exchange.accounts import SimAccount
from simulator.tradier.customers import Token
from simulator.tradier.format import SimTradierRefusal, invalid, plain

_FORM = "application/x-www-form-urlencoded"


class SimTradierCall(msgspec.Struct, frozen=True):
    """A request, whose token it shows, its parameters, and what stood for the names in its path."""

    request: SimRequest
    token: Token
    given: dict[str, str]
    path: dict[str, str]

    @property
    def account(self) -> SimAccount:
        """The account in the path. Raises SimTradierRefusal when it is nobody's or somebody else's."""
        number = self.path["account"]
        for account in self.token.person.accounts:
            if account.number == number:
                return account
        raise SimTradierRefusal(plain(401, f"Unauthorized Account: {number}"))

    def text(self, name: str, default: str | None = None) -> str:
        """Return a parameter. Raises SimTradierRefusal where it is missing and has no default."""
        value = self.given.get(name, "").strip() or default
        if value is None:
            raise invalid(name, "is required.")
        return value

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a parameter that is true or false. Raises SimTradierRefusal."""
        value = self.text(name, str(default)).lower()
        if value not in ("true", "false"):
            raise invalid(name, f"must be true or false, not {value}.")
        return value == "true"

    def choice(self, name: str, known: typing.Sequence[str], default: str | None = None) -> str:
        """Return a parameter that is one of some words. Raises SimTradierRefusal."""
        value = self.text(name, default)
        if value not in known:
            raise invalid(name, f"must be one of {', '.join(known)}.")
        return value

    def symbols(self, name: str = "symbols") -> list[str]:
        """Return a comma list of symbols, without the spaces people write into it. Raises SimTradierRefusal."""
        return split(self.text(name))

    def date(self, name: str, default: datetime.date | None = None) -> datetime.date:
        """Return a day. Raises SimTradierRefusal."""
        text = self.text(name, default.isoformat() if default else None)
        try:
            return datetime.date.fromisoformat(text)
        except ValueError:
            raise invalid(name, "must be a date of the form YYYY-MM-DD.") from None

    def whole(self, name: str, default: int, least: int, most: int) -> int:
        """Return a whole number. Raises SimTradierRefusal."""
        text = self.text(name, str(default))
        if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
            raise invalid(name, f"must be a number from {least} to {most}.")
        return int(text)

    def amount(self, name: str) -> decimal.Decimal | None:
        """Return a price or quantity, or None where none is given. Raises SimTradierRefusal."""
        text = self.given.get(name, "").strip()
        if not text:
            return None
        try:
            value = decimal.Decimal(text)
        except decimal.InvalidOperation:
            raise invalid(name, "must be a number.") from None
        if not value.is_finite() or abs(value) >= 10**9:
            raise invalid(name, "must be a number.")
        return value


def split(text: str) -> list[str]:
    """Read a comma list; the documentation's own sample has spaces in it."""
    return [part.strip() for part in text.split(",") if part.strip()]


def parameters(request: SimRequest) -> dict[str, str]:
    """Return the parameters of a request: the query's, and those of a form in its body."""
    given = dict(request.query)
    if request.headers.get("content-type", "").partition(";")[0].strip() == _FORM:
        given |= dict(urllib.parse.parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return given
