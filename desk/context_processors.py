"""What every page is told of how its reader likes it."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from desk.models import preferences_of
from desk.preferences import Preferences


def liking(request: HttpRequest) -> dict[str, object]:
    """Return `liking`, asked of the database where a template uses it: a person's Preferences, else the usual."""
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return {"liking": Preferences()}
    return {"liking": SimpleLazyObject(lambda: preferences_of(person.pk))}
