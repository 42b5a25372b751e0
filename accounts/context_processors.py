"""What every page shows of the person who looks at it."""

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.links.order import in_order


def shell(request: HttpRequest) -> dict[str, object]:
    """Return `person_id` and, asked of the database only where a template uses them, `simulated` and `first_link`.

    The first link's default account is the one whose net liq the header shows.
    """
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return {"person_id": None, "simulated": False, "first_link": None}
    links = SimpleLazyObject(lambda: in_order(person.links.all()))
    return {
        "person_id": person.pk,
        "simulated": SimpleLazyObject(lambda: any(link.environment == "simulated" for link in links)),
        "first_link": SimpleLazyObject(lambda: next(iter(links), None)),
    }
