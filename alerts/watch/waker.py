"""Has people watched whose alerts wait for a session that begins: nobody else runs for them at night."""

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from alerts.models import AlertRule
from streaming.host.waker import PersonWaker


class AlertWaker(PersonWaker):
    """Looks for people with a rule that has to be watched by now."""

    reason = "whose alerts wait"

    def waiting(self) -> QuerySet[User]:
        """Return people with a rule whose time has come."""
        return User.objects.filter(pk__in=AlertRule.objects.filter(wake_at__lte=timezone.now()).values("person"))
