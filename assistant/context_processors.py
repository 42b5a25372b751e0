"""What every page is told of the assistant."""

from django.conf import settings
from django.http import HttpRequest


def chat(request: HttpRequest) -> dict[str, object]:
    """Return `chat`: whether this page has the drawer of the assistant."""
    person = getattr(request, "user", None)
    return {"chat": settings.CHAT and person is not None and person.is_authenticated}
