"""The errors a broker may raise. The type is the decision; there are only three.

BrokerError
├── LinkLost             retry with back-off
│   └── NotOwner          the same; it was this process that must not act, and nothing went to the venue
├── CredentialsRejected  stop, ask the person to re-link; never retried in a loop
└── NotSupported         the venue cannot do this; ask no more
"""


class BrokerError(Exception):
    """Base of everything a broker raises. Its text is safe to log and to show: no secret, no token."""


class LinkLost(BrokerError):
    """The venue cannot be reached or broke off; trying again later may help.

    `mute` says that the connection was open but silent (a watchdog ended it), so the page can say "stale".
    `retry_after` is the venue's own wish in seconds, where it gave one.
    """

    def __init__(self, reason: str, *, mute: bool = False, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.mute = mute
        self.retry_after = retry_after


class NotOwner(LinkLost):
    """This process must not act for the link now: another one may own its person, or the command came too late."""


class CredentialsRejected(BrokerError):
    """The venue refuses these credentials. Venues block a whole host after repeated failures: stop."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotSupported(BrokerError):
    """The venue or this adapter does not offer `capability`."""

    def __init__(self, capability: str) -> None:
        super().__init__(f"not supported: {capability}")
        self.capability = capability
