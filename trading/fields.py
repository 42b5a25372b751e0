"""How the database keeps what must not be rounded: SQLite has no exact numbers, and would make floats of them."""

import decimal
import typing

import msgspec
from django.db import models

from brokers.contract.reports import Leg

_encoder = msgspec.json.Encoder(decimal_format="number")
_legs = msgspec.json.Decoder(tuple[Leg, ...])


class ExactField(models.Field):  # type: ignore[type-arg]  # not generic at run time
    """A Decimal as it was written, kept as text: to be read whole, not to be sorted or added up by the database."""

    _pyi_private_set_type: decimal.Decimal  # which is what mypy reads of it
    _pyi_private_get_type: decimal.Decimal

    def get_internal_type(self) -> str:
        """Be a text to every database."""
        return "TextField"

    def from_db_value(self, value: str | None, *_: typing.Any) -> decimal.Decimal | None:
        """Return what was kept."""
        return None if value is None else decimal.Decimal(value)

    def to_python(self, value: typing.Any) -> decimal.Decimal | None:
        """Return a Decimal of a form's or a fixture's text."""
        return None if value is None or value == "" else decimal.Decimal(value)

    def get_prep_value(self, value: typing.Any) -> str | None:
        """Write a Decimal without an exponent."""
        return None if value is None else f"{decimal.Decimal(value):f}"


class LegsField(models.Field):  # type: ignore[type-arg]  # not generic at run time
    """The legs of an order, as JSON with exact numbers."""

    _pyi_private_set_type: tuple[Leg, ...]  # which is what mypy reads of it
    _pyi_private_get_type: tuple[Leg, ...]

    def get_internal_type(self) -> str:
        """Be a text to every database."""
        return "TextField"

    def from_db_value(self, value: str, *_: typing.Any) -> tuple[Leg, ...]:
        """Return what was kept."""
        return _legs.decode(value)

    def to_python(self, value: typing.Any) -> tuple[Leg, ...]:
        """Return the legs of a fixture's text."""
        return _legs.decode(value) if isinstance(value, str) else value

    def get_prep_value(self, value: typing.Any) -> str:
        """Write them."""
        return _encoder.encode(value).decode()
