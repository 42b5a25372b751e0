"""What every page shows of the person who looks at it."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject


def shell(request: HttpRequest) -> dict[str, object]:
    """Return `person_id` and, asked of the database only where a template uses it, `simulated`."""
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return {"person_id": None, "simulated": False}
    return {
        "person_id": person.pk,
        "simulated": SimpleLazyObject(lambda: person.links.filter(environment="simulated").exists()),
    }
