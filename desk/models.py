"""How a person likes the desk: where their panels stand on each class of screen, and their preferences."""

import typing
from collections.abc import Callable

from django.conf import settings
from django.db import models, transaction

from desk.layout import Layout, Place
from desk.preferences import Preferences, read, written


class SavedLayout(models.Model):
    """The layout of one person on one class of screen. Who has none sees the default."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="layouts")
    screen = models.CharField(max_length=16)
    places = models.JSONField()
    """For each panel its name, width (columns), height (rows) and whether it is hidden, in the layout's order."""

    class Meta:
        constraints: typing.ClassVar = [
            models.UniqueConstraint(fields=["person", "screen"], name="one_layout_for_each_screen"),
        ]

    def __str__(self) -> str:
        return f"{self.screen} of person {self.person_id}"

    @property
    def layout(self) -> Layout:
        """The places as they were saved."""
        return tuple(Place(*place) for place in self.places)


class SavedPreferences(models.Model):
    """What one person chose. What they did not choose is not kept."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="preferences")
    chosen = models.JSONField()

    class Meta:
        verbose_name_plural = "saved preferences"

    def __str__(self) -> str:
        return f"preferences of person {self.person_id}"


def preferences_of(person: int) -> Preferences:
    """Return what a person chose, with the usual for the rest."""
    row = SavedPreferences.objects.filter(person=person).first()
    return read(row.chosen if row else {})


def change_preferences(person: int, how: Callable[[Preferences], Preferences]) -> Preferences:
    """Keep what `how` makes of a person's choices, and return it. Of two changes made at once, both are kept.

    Raises what `how` raises, and changes nothing then.
    """
    with transaction.atomic():
        SavedPreferences.objects.get_or_create(person_id=person, defaults={"chosen": {}})
        row = SavedPreferences.objects.select_for_update().get(person=person)
        found = how(read(row.chosen))
        row.chosen = written(found)
        row.save(update_fields=["chosen"])
    return found
