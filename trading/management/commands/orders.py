"""Places a small test order, and says what came back of it, by which way and when."""

import argparse
import asyncio
import decimal
import typing
import uuid

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management import people
from brokers.catalogue import VENUES
from brokers.contract.broker import COMMAND_MS
from brokers.contract.reports import ENDED
from brokers.instruments.symbols import is_symbol, normalise
from lib.clock import now_ms
from streaming.bus.cluster_id import ForeignClusterError
from streaming.rpc.client import RpcError
from streaming.terminal import client, fact_lines
from streaming.wire.subscription import Subscription
from trading.trial_order import LIVE, TrialPlaced

VIEW = Subscription(topics=frozenset({"orders", "links"}))
WITHIN_S = 10
"""How long the owner may take to place or to cancel it."""
LIVE_S = 20
"""How long a link may take to be live."""


Options = dict[str, typing.Any]


class Command(BaseCommand):
    """`manage.py orders --user alice@example.com --test`."""

    help = "Place a small order at a simulated or paper link, and show what comes back of it. Never at a live link."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, help="the person's e-mail address")
        parser.add_argument("--test", action="store_true", required=True, help="place a test order")
        parser.add_argument(
            "--link", default="", help="a link's label, or a venue (default: the first that may be used)"
        )
        parser.add_argument("--symbol", default="QQQ", help="what to buy (QQQ)")
        parser.add_argument(
            "--quantity", type=_number, default=decimal.Decimal(1), help="how much; less than 0 sells (1)"
        )
        parser.add_argument("--price", type=_number, default=None, help="the limit in dollars (default: at the market)")
        parser.add_argument(
            "--for",
            dest="seconds",
            type=_seconds,
            default=10,
            help="cancel it if it still works after so long (10)",
        )

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        person = people.named(options["user"])
        symbol = normalise(options["symbol"])
        if not is_symbol(symbol):
            raise CommandError(f"No such symbol: {options['symbol']}")
        if person.links.exists() and not person.links.exclude(environment="live").exists():
            raise CommandError(f"{person} has live links only, and a test order goes to none of these.")
        try:
            asyncio.run(self._try(person.pk, symbol, options))
        except (RpcError, ForeignClusterError) as error:
            raise CommandError(str(error)) from error

    async def _try(self, person: int, symbol: str, options: Options) -> None:
        visit = client.StreamClient(person, VIEW, exact=True)
        watching = Watching(visit)
        try:
            if not await _within(watching.until_live(options["link"]), LIVE_S):
                raise CommandError(f"No simulated or paper link like that was live within {LIVE_S} s.")
            await self._place(visit, watching, symbol, options)
        finally:
            await watching.stop()
            await visit.close()

    async def _place(
        self, visit: client.StreamClient, watching: "Watching", symbol: str, options: dict[str, typing.Any]
    ) -> None:
        price = "" if options["price"] is None else str(options["price"])
        begun, client = now_ms(), uuid.uuid4().hex
        terms = (options["link"], symbol, str(options["quantity"]), price, client, str(begun + COMMAND_MS))
        text = await visit.request("place_test_order", *terms, within_s=WITHIN_S)
        placed = msgspec.json.decode(text, type=TrialPlaced)
        where = f"{placed.label} ({VENUES[placed.venue].title}, {placed.environment}), account {placed.account}"
        self.stdout.write(f"{now_ms() - begun:>6} ms  order {placed.order} is with {where}")
        tell = Teller(self, placed, begun)
        if await _within(watching.report(placed, tell), options["seconds"]):
            return
        self.stdout.write(f"{now_ms() - begun:>6} ms  it still works, and is canceled")
        deadline = str(now_ms() + COMMAND_MS)
        await visit.request("cancel_test_order", placed.link, placed.account, placed.order, deadline, within_s=WITHIN_S)
        if not await _within(watching.report(placed, tell), options["seconds"]):
            raise CommandError("Nothing came back of that.")


class Teller:
    """Writes what comes back of one order."""

    def __init__(self, command: Command, placed: TrialPlaced, begun: int) -> None:
        self._command = command
        self._placed = placed
        self._begun = begun

    def __call__(self, fact: dict[str, typing.Any], carrier: str) -> None:
        after = now_ms() - self._begun
        self._command.stdout.write(f"{after:>6} ms  {carrier:<10}  {fact_lines.line(fact)}")


class Watching:
    """What the stream of a person says while a test order is on its way. `end` it."""

    def __init__(self, visit: client.StreamClient) -> None:
        self._links: dict[str, dict[str, typing.Any]] = {}
        self._facts: list[dict[str, typing.Any]] = []
        self._news = asyncio.Event()
        self._ended = False
        self._filled = self._told = decimal.Decimal()
        self._reading = asyncio.ensure_future(self._read(visit))
        self._reading.add_done_callback(lambda _: self._news.set())

    async def _read(self, visit: client.StreamClient) -> None:
        async for message in visit.messages():
            for item in message.get("state", ()):
                if item["type"] == "link":
                    self._links.setdefault(item["link"], {}).update(item)
            self._facts += message.get("facts", ())
            self._news.set()

    async def stop(self) -> None:
        """Look no more."""
        self._reading.cancel()
        await asyncio.wait([self._reading])

    async def _next(self) -> None:
        """Wait for news. Raises ForeignClusterError where none can come."""
        if self._reading.done():
            self._reading.result()
        self._news.clear()
        await self._news.wait()

    async def until_live(self, which: str) -> None:
        """Wait until a link is live that may be meant."""
        while not any(self._meant(link, which) for link in self._links.values()):
            await self._next()

    def _meant(self, link: dict[str, typing.Any], which: str) -> bool:
        named = which in ("", link["link"], link.get("label"), link.get("venue"))
        return named and link.get("state") == "live" and link.get("environment") != LIVE

    async def report(self, placed: TrialPlaced, tell: typing.Callable[[dict[str, typing.Any], str], None]) -> None:
        """Tell each fact of an order as it comes, until it has ended and all of it that was filled was told."""
        while not self._whole():
            while not self._facts:
                await self._next()
            fact = self._facts.pop(0)
            if fact["type"] in ("order", "fill") and fact.get("order") == placed.order:
                carrier = self._links.get(placed.link, {}).get("carrier") or "stream"
                tell(fact, "read" if fact.get("recovered") else carrier)
                self._count(fact)

    def _count(self, fact: dict[str, typing.Any]) -> None:
        if fact["type"] == "fill":
            self._told += abs(fact["quantity"])
        else:
            self._ended = fact["status"] in ENDED
            self._filled = sum((leg.get("filled", 0) for leg in fact["legs"]), decimal.Decimal())

    def _whole(self) -> bool:
        return self._ended and self._told >= self._filled


async def _within(work: typing.Coroutine[typing.Any, typing.Any, None], within_s: float) -> bool:
    """Do `work`, and return whether it was done in time."""
    try:
        async with asyncio.timeout(within_s):
            await work
    except TimeoutError:
        return False
    return True


def _number(text: str) -> decimal.Decimal:
    try:
        number = decimal.Decimal(text)
    except decimal.InvalidOperation:
        number = decimal.Decimal("NaN")
    if not number.is_finite() or not number:
        raise argparse.ArgumentTypeError(f"{text} is not a number other than 0")
    return number


def _seconds(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is not a number of whole seconds")
    return int(text)
