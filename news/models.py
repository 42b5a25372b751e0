"""News as it is kept: items, their revisions, and what each person sees of them besides."""

import builtins

from django.conf import settings
from django.db import models

from accounts.models import Sealed

ID_LENGTH = 300
SOURCE_LENGTH = 64
TEXT_LENGTH = 500
URL_LENGTH = 2_000
NAME_LENGTH = 100
WORD_LENGTH = 20


class NewsList(models.Model):
    """One numbered list of items: the desk's (owner 0), or a person's own (owner: their id).

    `number` is the newest item's, `version` that of the newest change of any item. The desk's has an owner as people
    have: `host` runs its sources in `epoch`. A person's is written by whoever owns the person, in the person's epoch.
    """

    owner = models.PositiveBigIntegerField(primary_key=True)
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="news_list"
    )
    number = models.PositiveBigIntegerField(default=0)
    version = models.PositiveBigIntegerField(default=0)
    epoch = models.PositiveBigIntegerField(default=0)
    host = models.UUIDField(null=True)

    class Meta:
        verbose_name = "list of news"
        verbose_name_plural = "lists of news"

    def __str__(self) -> str:
        return f"news of {self.person or 'the desk'}"


class NewsLink(Sealed):
    """A source that was linked: the desk's where `person` is empty. `address` and `zone` are a feed's."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, blank=True, related_name="news_links"
    )
    kind = models.CharField(max_length=WORD_LENGTH)
    name = models.CharField(max_length=NAME_LENGTH)
    address = models.CharField(max_length=URL_LENGTH, blank=True)
    zone = models.CharField(max_length=NAME_LENGTH, blank=True)
    environment = models.CharField(max_length=WORD_LENGTH, default="live")
    added = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "news source"
        ordering = ["added"]

    def __str__(self) -> str:
        return f"{self.name} ({self.kind})"


class NewsItem(models.Model):
    """One item, as its newest revision reads. Times in ms since the epoch, UTC.

    `number` is its place in its list, `version` the number of its last change there. `story` is the number of the item
    of the same list that it repeats, or its own. `desk_story` is the desk's story that an item of a person tells too:
    the desk's own rows never name a person's.
    """

    list = models.ForeignKey(NewsList, on_delete=models.CASCADE, related_name="items")
    number = models.PositiveBigIntegerField()
    version = models.PositiveBigIntegerField()
    story = models.PositiveBigIntegerField()
    desk_story = models.PositiveBigIntegerField(null=True)
    source = models.CharField(max_length=SOURCE_LENGTH)
    source_id = models.CharField(max_length=ID_LENGTH)
    source_name = models.CharField(max_length=NAME_LENGTH)
    is_simulated = models.BooleanField(default=False)
    publisher = models.CharField(max_length=NAME_LENGTH, null=True)
    headline = models.CharField(max_length=TEXT_LENGTH)
    summary = models.CharField(max_length=TEXT_LENGTH, null=True)
    url = models.CharField(max_length=URL_LENGTH, null=True)
    authors = models.JSONField(default=builtins.list)
    symbols = models.JSONField(default=builtins.list)
    symbols_by = models.CharField(max_length=WORD_LENGTH, null=True)
    category = models.CharField(max_length=WORD_LENGTH)
    published_at = models.BigIntegerField()
    published_by = models.CharField(max_length=WORD_LENGTH)
    updated_at = models.BigIntegerField(null=True)
    received_at = models.BigIntegerField(db_index=True)
    is_recovered = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)
    sentiment = models.FloatField(null=True)
    sentiment_by = models.CharField(max_length=WORD_LENGTH)
    sentiment_version = models.PositiveIntegerField()

    class Meta:
        verbose_name = "news item"
        ordering = ["list", "number"]
        constraints = [
            models.UniqueConstraint(fields=["list", "number"], name="one_item_per_number"),
            models.UniqueConstraint(fields=["list", "source", "source_id"], name="one_item_per_source_id"),
        ]
        indexes = [
            models.Index(fields=["list", "version"], name="items_by_version"),
            models.Index(fields=["list", "source"], name="items_by_source"),
        ]

    def __str__(self) -> str:
        return f"item {self.pk}"  # never the headline: admin pages list what goes with a person


class NewsSymbol(models.Model):
    """A symbol that an item is about, by which it is found."""

    item = models.ForeignKey(NewsItem, on_delete=models.CASCADE, related_name="found_symbols")
    symbol = models.CharField(max_length=40)
    received_at = models.BigIntegerField()

    class Meta:
        verbose_name = "symbol of an item"
        indexes = [models.Index(fields=["symbol", "received_at"], name="items_by_symbol")]

    def __str__(self) -> str:
        return f"of item {self.item_id}"


class NewsRevision(models.Model):
    """What an item said before it was revised: what was known then is not overwritten."""

    item = models.ForeignKey(NewsItem, on_delete=models.CASCADE, related_name="revisions")
    revision = models.PositiveIntegerField()
    headline = models.CharField(max_length=TEXT_LENGTH)
    summary = models.CharField(max_length=TEXT_LENGTH, null=True)
    symbols = models.JSONField(default=list)
    received_at = models.BigIntegerField()

    class Meta:
        verbose_name = "earlier revision"
        ordering = ["item", "revision"]
        constraints = [models.UniqueConstraint(fields=["item", "revision"], name="one_row_per_revision")]

    def __str__(self) -> str:
        return f"{self.revision} of item {self.item_id}"


class NewsImpact(models.Model):
    """What a person's own market data says an item moved. `version` is the change of the person's list that said so.

    `since` (ms) is when measuring began, with the middles `mid` of `symbol` and `market_mid` of the market; empty where
    it never did. `before` is how far the price had gone by then, in percent. `method` is the version of the rules.
    """

    list = models.ForeignKey(NewsList, on_delete=models.CASCADE, related_name="impacts")
    item = models.ForeignKey(NewsItem, on_delete=models.CASCADE, related_name="impacts")
    version = models.PositiveBigIntegerField()
    method = models.PositiveSmallIntegerField()
    symbol = models.CharField(max_length=40)
    category = models.CharField(max_length=WORD_LENGTH)
    since = models.BigIntegerField(null=True)
    mid = models.FloatField(null=True)
    market_mid = models.FloatField(null=True)
    beta = models.FloatField(null=True)
    before = models.FloatField(null=True)

    class Meta:
        verbose_name = "impact"
        constraints = [models.UniqueConstraint(fields=["list", "item"], name="one_impact_per_reader")]
        indexes = [
            models.Index(fields=["list", "version"], name="impacts_by_version"),
            models.Index(fields=["list", "category"], name="impacts_by_category"),
        ]

    def __str__(self) -> str:
        return f"of item {self.item_id}"


class NewsMove(models.Model):
    """One window of an impact: how far the price went beyond the market's in so many minutes, in percent.

    `void` says why there is no move. `expected_*` are the quantiles of 10, 50 and 90 % of the `expected_n` moves of the
    category that the person had measured when it began. `version` is the change of the person's list with which it
    ended, which no other one shares; 0 until then.
    """

    impact = models.ForeignKey(NewsImpact, on_delete=models.CASCADE, related_name="moves")
    minutes = models.PositiveSmallIntegerField()
    ends_at = models.BigIntegerField(null=True)
    move = models.FloatField(null=True)
    is_done = models.BooleanField(default=False)
    version = models.PositiveBigIntegerField(default=0, db_default=0)
    void = models.CharField(max_length=WORD_LENGTH, blank=True)
    is_confounded = models.BooleanField(default=False)
    by = models.CharField(max_length=WORD_LENGTH)
    expected_low = models.FloatField(null=True)
    expected_mid = models.FloatField(null=True)
    expected_high = models.FloatField(null=True)
    expected_n = models.PositiveIntegerField()

    class Meta:
        verbose_name = "measured move"
        ordering = ["impact", "minutes"]
        constraints = [models.UniqueConstraint(fields=["impact", "minutes"], name="one_move_per_window")]
        indexes = [models.Index(fields=["impact"], condition=models.Q(is_done=False), name="moves_under_way")]

    def __str__(self) -> str:
        return f"{self.minutes} min of {self.impact_id}"


class NewsSourceState(models.Model):
    """A source of a list: the cursor it is given when it begins anew, written in the transaction of the items it is
    of, and how it was when that changed last (`news.owner.status.SourceStatus`).
    """

    list = models.ForeignKey(NewsList, on_delete=models.CASCADE, related_name="sources")
    source = models.CharField(max_length=SOURCE_LENGTH)
    cursor = models.JSONField(default=dict)
    status = models.JSONField(default=dict)

    class Meta:
        verbose_name = "state of a source"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["list", "source"], name="one_state_per_source")]

    def __str__(self) -> str:
        return self.source
