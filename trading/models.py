"""The book of a person: what the ledger says of their orders, fills and activities, brought into a form to be asked.

Only `projection.py` writes it, in the transaction that stores the facts. `link` is the id of the link a fact came by,
and no foreign key: what happened outlives the link. Times are in ms since the epoch, UTC; quantities are in shares or
contracts, prices in dollars per share, amounts in dollars, all of them exact. None is what the venue did not tell.
"""

import decimal
import typing

from django.conf import settings
from django.db import models

from brokers.contract.reports import ENDED
from streaming.facts import LINK_LENGTH
from streaming.models import KIND_LENGTH, NAME_LENGTH
from trading.fields import ExactField, LegsField

STATUS_LENGTH = 16


class Booked(models.Model):
    """What all of the book has in common. `fact` is the number of the newest fact that a row says something of.

    `recovered` says that it was found late, by `late_ms`, if that is known.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="%(class)ss")
    link = models.CharField(max_length=LINK_LENGTH)
    account = models.TextField()
    venue_id = models.TextField()
    fact = models.PositiveBigIntegerField()
    at = models.BigIntegerField()
    recovered = models.BooleanField()
    late_ms = models.BigIntegerField(null=True)

    class Meta:
        abstract = True


class Order(Booked):
    """An order as it stands, by its newest word: that with the highest `version`.

    `order` is the venue's id of it, `venue_id` the ledger's of its newest word; the rest is that of
    `reports.OrderReport`.
    """

    order = models.TextField()
    version = models.BigIntegerField()
    status = models.CharField(max_length=STATUS_LENGTH)
    venue_status = models.TextField()
    kind = models.TextField(null=True)
    time_in_force = models.TextField(null=True)
    price = ExactField(null=True)
    stop_price = ExactField(null=True)
    legs = LegsField(default=tuple)
    client = models.TextField(null=True)
    replaces = models.TextField(null=True)
    replaced_by = models.TextField(null=True)
    reason = models.TextField(null=True)
    submitted_at = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["person", "-at", "-fact"]
        constraints = [models.UniqueConstraint(fields=["person", "link", "order"], name="one_row_per_order")]
        indexes = [
            models.Index(fields=["person", "-at"], name="orders_by_time"),
            models.Index(fields=["person", "status"], name="orders_by_status"),
        ]

    def __str__(self) -> str:
        return f"order {self.order}, {self.status}"

    @property
    def works(self) -> bool:
        """Whether it may still change."""
        return self.status not in ENDED

    @property
    def filled(self) -> decimal.Decimal | None:
        """How much of all legs together is filled, not signed; None where the venue does not tell."""
        known = [leg.filled for leg in self.legs if leg.filled is not None]
        return sum(known, decimal.Decimal()) if known else None


class StandingFills(models.QuerySet["Fill"]):
    """Fills, and which of them count."""

    def standing(self) -> typing.Self:
        """Those that count: neither taken back nor corrected, and no word that only takes one back."""
        return self.filter(stands=True)


class Fill(Booked):
    """A fill, or a word that takes one back (`bust`) or says what it was instead (`correction`): `kind`, `of`.

    `stands` says whether it counts; `void_by` is the venue's id of the word by which it does not any more. A `bust`
    never counts. What is held by the fills of a symbol is the sum of `quantity` of those that stand.
    """

    order = models.TextField(null=True)
    kind = models.CharField(max_length=KIND_LENGTH)
    of = models.TextField(null=True)
    symbol = models.TextField()
    quantity = ExactField()
    price = ExactField()
    underlying = models.TextField(null=True)
    instrument = models.TextField(null=True)
    multiplier = ExactField(null=True)
    fees = ExactField(null=True)
    position = ExactField(null=True)
    stands = models.BooleanField(default=True)
    void_by = models.TextField(default="", blank=True)

    objects = StandingFills.as_manager()

    class Meta:
        ordering = ["person", "-at", "-fact"]
        constraints = [models.UniqueConstraint(fields=["person", "link", "venue_id"], name="one_row_per_fill")]
        indexes = [
            models.Index(fields=["person", "-at"], name="fills_by_time"),
            models.Index(fields=["person", "fact"], name="fills_by_fact"),
            models.Index(fields=["person", "link", "order"], name="fills_by_order"),
            models.Index(fields=["person", "link", "of"], name="fills_by_target"),
            models.Index(fields=["person", "symbol"], name="fills_by_symbol"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.quantity} {self.symbol} at {self.price}"


class Activity(Booked):
    """Something else that moved money or holdings. `order` and `fill` are the venue's ids of what a fee is for."""

    kind = models.CharField(max_length=KIND_LENGTH)
    venue_kind = models.TextField()
    amount = ExactField(null=True)
    symbol = models.TextField(null=True)
    quantity = ExactField(null=True)
    price = ExactField(null=True)
    order = models.TextField(null=True)
    fill = models.TextField(null=True)
    text = models.TextField(null=True)

    class Meta:
        verbose_name_plural = "activities"
        ordering = ["person", "-at", "-fact"]
        constraints = [models.UniqueConstraint(fields=["person", "link", "venue_id"], name="one_row_per_activity")]
        indexes = [
            models.Index(fields=["person", "-at"], name="activities_by_time"),
            models.Index(fields=["person", "symbol"], name="activities_by_symbol"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.amount if self.amount is not None else self.quantity}"


class NetLiq(models.Model):
    """What one account was worth at a moment: by the marks of the desk, and as the venue itself said (`balance`)."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="net_liqs")
    link = models.CharField(max_length=LINK_LENGTH)
    account = models.TextField()
    at = models.BigIntegerField()
    net_liq = ExactField(null=True)
    balance = ExactField(null=True)

    class Meta:
        verbose_name = "net liquidating value"
        ordering = ["person", "at"]
        constraints = [models.UniqueConstraint(fields=["person", "at", "link", "account"], name="one_sample_a_moment")]

    def __str__(self) -> str:
        return f"{self.net_liq if self.net_liq is not None else self.balance} at {self.at}"


class Holding(models.Model):
    """How much of a symbol an account holds by the book: what was there before, and what moved since.

    `moved` is the sum of all fills that stand and of all activities that move holdings. `before` is what the venue had
    besides when it was first asked, and None until then: there is no knowing what is held without it.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="holdings")
    link = models.CharField(max_length=LINK_LENGTH)
    account = models.TextField()
    symbol = models.TextField()
    moved = ExactField()
    before = ExactField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "link", "account", "symbol"], name="one_row_per_holding")
        ]

    def __str__(self) -> str:
        return f"{self.held if self.held is not None else 'some'} {self.symbol}"

    @property
    def held(self) -> decimal.Decimal | None:
        """How much is held; None where that cannot be known yet."""
        return None if self.before is None else self.before + self.moved


class Reconciled(models.Model):
    """How far an account was compared with its venue: all that happened until `at` (ms) is in the ledger.

    `since` (ms) is from when on everything is: what was there before the venue was first asked. `opened` says that what
    was held then is known, so that holdings can be compared too.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="reconciled")
    link = models.CharField(max_length=LINK_LENGTH)
    account = models.TextField()
    since = models.BigIntegerField()
    at = models.BigIntegerField()
    opened = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "reconciled"
        constraints = [models.UniqueConstraint(fields=["person", "link", "account"], name="one_mark_per_account")]

    def __str__(self) -> str:
        return f"account {self.account} of link {self.link}"


class Difference(models.Model):
    """Something that book and venue say differently, as the newest notice of it has it: see `comparing.py`."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="differences")
    link = models.CharField(max_length=LINK_LENGTH)
    account = models.TextField()
    subject = models.CharField(max_length=NAME_LENGTH)
    name = models.TextField()
    book = models.TextField(null=True)
    venue = models.TextField(null=True)
    at = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "link", "account", "subject", "name"], name="one_row_per_difference"
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.name}: {self.book} by the book, {self.venue} by the venue"
