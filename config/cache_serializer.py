"""How values are written into the cache: as JSON, so that whoever can write there runs no code here."""

import typing

import msgspec


class JsonSerializer:
    """Writes what the cache of this desk holds: numbers, texts, lists. A number stays one, for the server to add to.

    Django's own reads pickles. What cannot be read raises msgspec.DecodeError: it was written by nobody of this desk.
    """

    def __init__(self, **_: typing.Any) -> None:
        pass

    def dumps(self, value: typing.Any) -> int | bytes:
        """Write a value."""
        return value if type(value) is int else msgspec.json.encode(value)

    def loads(self, data: bytes) -> typing.Any:
        """Read a value."""
        return msgspec.json.decode(data)
