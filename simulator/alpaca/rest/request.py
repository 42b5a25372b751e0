"""One REST request as the simulated Alpaca reads it: whose it is, and its parameters. Pure."""

import datetime
import typing

import msgspec

from simulator.alpaca.customers import SimAlpacaKey
from simulator.alpaca.format import invalid
from simulator.asgi import SimRequest
from simulator.exchange.accounts import SimAccount

T = typing.TypeVar("T")


class SimAlpacaCall(msgspec.Struct, frozen=True):
    """A request, whose keys it shows, and what stood for the names in its path."""

    request: SimRequest
    key: SimAlpacaKey
    path: dict[str, str]

    @property
    def account(self) -> SimAccount:
        """The account it is about."""
        return self.key.account

    def text(self, name: str, default: str = "") -> str:
        """Return a parameter of the query."""
        return self.request.first(name, default).strip() or default

    def choice(self, name: str, known: typing.Sequence[str], default: str) -> str:
        """Return a parameter that is one of some words. Raises Refusal."""
        value = self.text(name, default)
        if value not in known:
            raise invalid(f"{name} must be one of {', '.join(known)}")
        return value

    def whole(self, name: str, default: int, most: int) -> int:
        """Return a whole number above 0. Raises Refusal."""
        text = self.text(name, str(default))
        if not (text.isascii() and text.isdigit() and 0 < int(text) <= most):
            raise invalid(f"{name} must be a number from 1 to {most}")
        return int(text)

    def date(self, name: str, default: datetime.date | None = None) -> datetime.date | None:
        """Return a day, or None where there is none. Raises Refusal."""
        text = self.text(name)
        try:
            return datetime.date.fromisoformat(text[: len("2026-01-01")]) if text else default
        except ValueError:
            raise invalid(f"{name} must be a date") from None

    def body(self, kind: type[T]) -> T:
        """Return the JSON that was sent. Raises Refusal."""
        try:
            return msgspec.json.decode(self.request.body or b"{}", type=kind)
        except msgspec.MsgspecError as error:
            raise invalid(f"request body format is invalid: {error}") from None
