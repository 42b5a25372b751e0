"""Tokens that a person uses in a day (UTC). Asks the database."""

import datetime

from django.db import transaction
from django.db.models import F

from assistant.models import ChatUsage


def read_usage(person: int, day: datetime.date) -> int:
    """Return how many tokens a person used on a day."""
    row = ChatUsage.objects.filter(person=person, day=day).first()
    return 0 if row is None else row.tokens


def add_usage(person: int, day: datetime.date, tokens: int) -> None:
    """Add tokens to those of a day."""
    with transaction.atomic():
        ChatUsage.objects.get_or_create(person_id=person, day=day)
        ChatUsage.objects.filter(person=person, day=day).update(tokens=F("tokens") + tokens)


def prune_usage(day: datetime.date) -> None:
    """Delete the rows of days before `day`."""
    ChatUsage.objects.filter(day__lt=day).delete()
