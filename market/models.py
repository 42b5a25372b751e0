"""What people keep of the market: their watchlists, and the bars that their venues told."""

import typing

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from market.watchlist_rules import NAME_LENGTH

SYMBOL_LENGTH = 64
INTERVAL_LENGTH = 3
LINK_LENGTH = 36
KIND_LENGTH = 8


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


class KeptSeries(models.Model):
    """The bars of one symbol at one interval that are kept for one person: market data of theirs, shared with nobody.

    `asked` are the stretches (ms, by time) for which a venue was asked: a bar that is not there then is one that it did
    not tell. `link` told the newest; what another link tells of the same bar is no revision.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="kept_series")
    symbol = models.CharField(max_length=SYMBOL_LENGTH)
    interval = models.CharField(max_length=INTERVAL_LENGTH)
    link = models.CharField(max_length=LINK_LENGTH)
    asked = models.JSONField(default=list)

    class Meta:
        constraints: typing.ClassVar = [
            models.UniqueConstraint(fields=["person", "symbol", "interval"], name="one_kept_series"),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.interval} of {self.person_id}"


class BarDay(models.Model):
    """The bars of a series that began on one day (UTC), as they were known first: see market/history/packing.py."""

    series = models.ForeignKey(KeptSeries, on_delete=models.CASCADE, related_name="days", db_index=False)
    day = models.DateField()
    packed = models.BinaryField()
    bars = models.PositiveIntegerField()

    class Meta:
        constraints: typing.ClassVar = [models.UniqueConstraint(fields=["series", "day"], name="one_day_of_bars")]

    def __str__(self) -> str:
        return f"{self.series} on {self.day}: {self.bars}"


class BarRevision(models.Model):
    """What a venue made of a bar that was kept already. `packed` is a batch of one bar; times are in ms."""

    series = models.ForeignKey(KeptSeries, on_delete=models.CASCADE, related_name="revisions", db_index=False)
    time = models.BigIntegerField()
    known_at = models.BigIntegerField()
    packed = models.BinaryField()

    class Meta:
        indexes: typing.ClassVar = [models.Index(fields=["series", "time"], name="revision_of_a_bar")]

    def __str__(self) -> str:
        return f"{self.series} at {self.time}, known at {self.known_at}"


class CorporateAction(models.Model):
    """A split (`value`: new shares for one old) or a dividend (`value`: dollars a share) of a symbol, for one person.

    Prices before `ex_day` (New York) are of before it.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="corporate_actions")
    symbol = models.CharField(max_length=SYMBOL_LENGTH)
    ex_day = models.DateField()
    kind = models.CharField(max_length=KIND_LENGTH, choices=[("split", "split"), ("dividend", "dividend")])
    value = models.DecimalField(max_digits=20, decimal_places=8)
    known_at = models.BigIntegerField()

    class Meta:
        constraints: typing.ClassVar = [
            models.UniqueConstraint(fields=["person", "symbol", "ex_day", "kind"], name="one_corporate_action"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.symbol} on {self.ex_day}: {self.value}"
