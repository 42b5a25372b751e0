"""What a channel is told, and how it answers. Pure."""

import typing

import msgspec

from lib.redaction import redact

KindName = typing.Literal["push", "email", "webhook", "ntfy", "pushover", "apprise"]


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery as every channel is given it. Times in ms.

    `id` is the same on every try, so that a receiver can tell a repetition. `number` is that of the fact, None for a
    trial. `at` is when it happened, and `count` for how many firings it stands. `url` is where the desk shows it,
    `receipt` where whoever shows it says so; each is empty where the desk does not know its own address. `fact` is what
    happened, for programs.
    """

    id: str
    title: str
    body: str
    at: int
    number: int | None = None
    count: int = 1
    url: str = ""
    receipt: str = ""
    symbols: tuple[str, ...] = ()
    fact: dict[str, typing.Any] = {}


class Undelivered(Exception):
    """A channel did not take a message; it may the next time. `retry_s` is how long it asked to be left alone."""

    def __init__(self, reason: str, retry_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = redact(reason)
        self.retry_s = retry_s


class Refused(Undelivered):
    """A channel refuses this message, and would refuse it again."""


class Gone(Refused):
    """There is nobody behind the channel any more: it is told nothing from now on."""


class Sender(typing.Protocol):
    """What tells one channel. It is asked for one message at a time, within a time that its caller sets."""

    async def send(self, message: Message) -> None:
        """Tell a message. Returns once it was taken. Raises Undelivered, Refused, Gone."""
