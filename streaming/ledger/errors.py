"""What a ledger refuses, and why."""

from streaming.ledger.sinks import Sink


class LedgerError(Exception):
    """The ledger did not do what it was asked."""


class FencedError(LedgerError):
    """Whoever wants to record is not the person's owner any more: somebody claimed them since."""


class SinkError(LedgerError):
    """A sink failed, so the facts it was shown are not stored."""

    def __init__(self, sink: Sink) -> None:
        super().__init__(f"{sink.__module__}.{getattr(sink, '__qualname__', repr(sink))} failed")


class AwayError(LedgerError):
    """The database did not do it; it may do it later."""
