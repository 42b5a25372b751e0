"""The panel of alerts, as the desk shows it."""

import typing
from collections.abc import Mapping

from django.utils import timezone

from alerts import store
from alerts.delivery import store as channels
from alerts.models import AlertRule
from alerts.rules.fields import CATALOGUE, LENGTHS
from alerts.rules.reader import as_json
from alerts.rules.sentence import sentence
from alerts.rules.spec import MOST_RULES
from alerts.watch.needs import EVALUATED
from lib.studies import MAKERS
from news.impact.rules import MINUTES
from news.text.categories import CATEGORIES
from streaming.pages.initial_state import Rendered
from streaming.pages.panels import Asked, Page
from streaming.wire.subscription import Subscription

NEEDED = Subscription(topics=frozenset({"links", "alerts"}))
SUBJECTS = {
    "symbol": "Prices and studies", "option": "Options", "position": "Positions", "account": "Accounts",
    "order": "Orders", "news": "News", "desk": "The desk",
}  # fmt: skip
"""What the fields of a rule are about, in the order of the form."""
USUAL_LENGTHS = {"sma": 50, "ema": 20, "rsi": 14, "atr": 14}
"""Usual lengths of studies; of all others 20."""


async def alerts(page: Page) -> Asked:
    """A person's alerts."""

    def context(board: Rendered | None) -> Mapping[str, object]:
        return shown(page.person, page.focus)

    return context, NEEDED


def shown(person: int, focus: str) -> dict[str, object]:
    """Return what the panel's template shows. It asks the database."""
    rows = store.of(person)
    return {
        "rows": [_shown(row) for row in rows],
        "armed": sum(row.is_armed for row in rows),
        "most": MOST_RULES,
        "focus": focus,
        "fields": fields(),
        "bars": list(LENGTHS),
        "categories": CATEGORIES,
        "windows": MINUTES,
        "channels": [row for row in channels.of(person) if row.gone is None],
    }


def fields() -> list[dict[str, typing.Any]]:
    """Return what a rule can look at, for the form: by subject, each with how it is written and compared."""
    found = []
    for subject, title in SUBJECTS.items():
        options = [
            {
                "name": field.name + (str(USUAL_LENGTHS.get(field.name, 20)) if field.has_length else ""),
                "title": field.title,
                "unit": field.unit,
                "tail": {"window": "@5m", "bar": "@5m", "": ""}[field.argument],
                "argument": field.argument,
            }
            for (about, _), field in CATALOGUE.items()
            if about == subject
            and EVALUATED.issuperset(field.needs)
            and ("candle" not in field.needs or field.name in MAKERS)
        ]
        if not options:
            continue
        found.append({"subject": subject, "title": title, "fields": options})
    return found


def _shown(row: AlertRule) -> dict[str, typing.Any]:
    """Return one rule as its row says it before anything streams."""
    spec = store.spec_of(row)
    state = "resting"
    if row.expires is not None and row.expires <= timezone.now():
        state = "expired"
    elif row.is_armed:
        state = "snoozed" if row.snoozed_until is not None and row.snoozed_until > timezone.now() else "armed"
    elif row.fired:
        state = "fired"
    return {
        "id": str(row.pk),
        "version": row.version,
        "state": state,
        "text": sentence(spec),
        "note": spec.note,
        "fired": row.fired,
        "rule": as_json(spec),
    }
