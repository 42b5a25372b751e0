"""What can go wrong with a carrier of trade events, beside what can with any stream."""

from brokers.adapter.error_mapping import StreamDropped


class NotOffered(StreamDropped):
    """The venue does not have this carrier for these credentials, or not now: another one must do."""


class Crowded(StreamDropped):
    """The venue allows no more connections: to be waited out, never stormed."""


class Mute(StreamDropped):
    """The connection is open and silent."""


class Lossy(StreamDropped):
    """The venue says that it threw events away: they are asked for again."""
