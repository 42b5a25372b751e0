"""Has people watched in regular hours who follow signals: nobody else runs for them while no page is open."""

from django.db.models import QuerySet

from accounts.models import User
from lib.clock import now_ms
from signals.learner.schedule import sitting
from signals.models import SignalFollower
from streaming.host.waker import PersonWaker

EARLY_MS = 60_000
"""How long before the session begins: features are worked out by its first bar."""


class SignalWaker(PersonWaker):
    """Looks for people who follow signals, from shortly before a session until it is over."""

    reason = "who follows signals"

    def waiting(self) -> QuerySet[User]:
        """Return who follows signals, in regular hours; nobody at other times."""
        now = now_ms()
        if sitting(now).opens - EARLY_MS > now:
            return User.objects.none()
        return User.objects.filter(pk__in=SignalFollower.objects.filter(is_on=True).values("person"))
