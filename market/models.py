"""What people keep of the market: their watchlists."""

import typing

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from market.watchlist_rules import NAME_LENGTH


class Watchlist(models.Model):
    """One list of a person. `symbols` are ours, each once, in the order the person gave them."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watchlists")
    name = models.CharField(max_length=NAME_LENGTH)
    symbols = models.JSONField(default=list)
    place = models.PositiveSmallIntegerField(default=0)
    """Where it stands among the person's lists; of those at one place, the older one is first."""

    class Meta:
        ordering: typing.ClassVar = ["place", "id"]
        constraints: typing.ClassVar = [
            models.UniqueConstraint("person", Lower("name"), name="one_watchlist_of_a_name"),
        ]

    def __str__(self) -> str:
        return self.name
