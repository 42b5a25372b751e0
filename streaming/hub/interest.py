"""What the sockets of one hub want to see, and what stays wanted for a while without one; bounded per person."""

from collections.abc import Iterator, Mapping

from streaming.limits import Limits
from streaming.sockets.socket import Socket
from streaming.wire.subscription import LIST_TOPICS, Subscription, SubscriptionError


class Interest:
    """What is wanted of each person. `sockets` are those of the hub, by person; the hub changes them."""

    def __init__(self, limits: Limits, sockets: Mapping[int, set[Socket]]) -> None:
        self._limits = limits
        self._sockets = sockets
        self._parked: dict[int, dict[Subscription, float]] = {}
        """Views without a socket, and until when they stay wanted."""

    def admit(self, socket: Socket, view: Subscription) -> None:
        """Check `view` against the limits of a socket and of a person. Raises SubscriptionError."""
        limits = self._limits
        if view.size > limits.symbols_per_socket:
            raise SubscriptionError("too_many_symbols", f"At most {limits.symbols_per_socket} symbols a socket.")
        views = {other.view for other in self._sockets.get(socket.person, ()) if other.view and other is not socket}
        views.add(view)
        if len(views) > limits.views_per_person:
            raise SubscriptionError("too_many_views", f"At most {limits.views_per_person} different watches a person.")
        if _symbols(views) > limits.symbols_per_person:
            raise SubscriptionError("too_many_symbols", f"At most {limits.symbols_per_person} symbols a person.")

    def retain(self, person: int, view: Subscription, until: float) -> None:
        """Keep `view` wanted without a socket until then (s, monotonic)."""
        parked = self._parked.setdefault(person, {})
        parked.pop(view, None)
        parked[view] = until

    def views(self, person: int) -> dict[str, Subscription]:
        """Return what is wanted of `person`, by key."""
        shown = {socket.view for socket in self._sockets.get(person, ()) if socket.view}
        parked = self._parked.get(person, {})
        while parked and not self._fits(shown.union(parked)):
            del parked[next(iter(parked))]  # what a person may have is for what they look at
        return {view.key: view for view in shown.union(parked)}

    def lists(self, person: int) -> list[str]:
        """Return the topics of lists that are read of `person`, in their order."""
        shown = [socket.view for socket in self._sockets.get(person, ()) if socket.view]
        views = [*shown, *self._parked.get(person, {})]
        return sorted(LIST_TOPICS & frozenset().union(*(view.topics for view in views)))

    def renewed(self, now: float) -> Iterator[int]:
        """Yield everybody of whom something is, or a moment ago was, wanted; what was parked for too long is not."""
        for person, parked in list(self._parked.items()):
            left = {view: until for view, until in parked.items() if until > now}
            self._parked[person] = left
            if not left:
                del self._parked[person]
            if person not in self._sockets:
                yield person
        yield from list(self._sockets)

    def _fits(self, views: set[Subscription]) -> bool:
        """Whether a person may have all of `views` at once."""
        limits = self._limits
        return len(views) <= limits.views_per_person and _symbols(views) <= limits.symbols_per_person


def _symbols(views: set[Subscription]) -> int:
    """Return how many symbols `views` count together."""
    return len(frozenset().union(*(one.symbols for one in views)))
