"""What an answer is told in, once it was checked."""

import decimal

import msgspec


class Words(msgspec.Struct, frozen=True):
    """Text without a number that has to be checked."""

    text: str


class BoundNumber(msgspec.Struct, frozen=True):
    """A number as it is shown, and the place in a result of this turn (a JSON pointer) that it is from.

    `unit` is one of `usd` `pct` `frac` `shares` `contracts` `days` `ms` (how long) `at` (a time, ms) `count`; empty
    where it has none. `slot` is where it goes on: `quote:QQQ:last`; empty where it stands still.
    """

    text: str
    call: int
    path: str
    value: decimal.Decimal
    unit: str = ""
    slot: str = ""


class Quoted(msgspec.Struct, frozen=True):
    """A number that the person named, or words of others in quotation marks."""

    text: str


class Unverified(msgspec.Struct, frozen=True):
    """A number that is in no result of this turn."""

    text: str


class Withheld(msgspec.Struct, frozen=True):
    """A number stood here that would be taken for a price, an amount or a holding, and is in no result."""


class Warned(msgspec.Struct, frozen=True):
    """A sentence for people about the answer."""

    text: str


Piece = Words | BoundNumber | Quoted | Unverified | Withheld | Warned
