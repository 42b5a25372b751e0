"""What can go wrong on a stream of this venue, beside what can on any."""

from brokers.adapter.error_mapping import StreamDropped


class TooManySessions(StreamDropped):
    """Somebody else streams with this token, or did a moment ago: to be waited out, never stormed."""

    def __init__(self) -> None:
        super().__init__("too many sessions: something else streams with this token")


class SessionRefused(StreamDropped):
    """The venue does not know the session: it is too old, or these credentials have no such stream."""


def refuse(words: object) -> None:
    """Raise what the venue's `{"error": …}` means."""
    if isinstance(words, str) and "too many sessions" in words:
        raise TooManySessions
    if isinstance(words, str) and "session not found" in words:
        raise SessionRefused("the venue does not know our session")
    raise StreamDropped("the venue ended the stream with an error")
