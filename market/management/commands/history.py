"""Tells what bars are kept, fills them, notes splits and dividends, and exports them."""

import asyncio
import datetime
import decimal
import pathlib
import typing

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management import people
from accounts.models import User
from brokers.instruments.symbols import is_symbol, normalise
from lib.clock import now_ms
from market.history.actions import note_action
from market.history.keeper import QUESTION, FilledInterval
from market.history.parquet import ExportError, export_bars
from market.history.reader import interval_of, read_bars
from market.history.size import history_size
from market.history.writer import LATEST_MS
from market.models import BarDay, KeptSeries
from streaming.bus.cluster_id import ForeignClusterError
from streaming.rpc.client import RpcError
from streaming.terminal import client
from streaming.wire.subscription import Subscription

WITHIN_S = 60
"""How long the venues may take for a symbol."""
VIEW = Subscription(topics=frozenset({"links"}))


class Command(BaseCommand):
    """`manage.py history tell|fill|note|export`."""

    help = "Tell what bars are kept, fill those of a symbol, note a split or a dividend, or export bars as Parquet."

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        tell = actions.add_parser("tell", help="what is kept, of whom, and what it takes")
        fill = actions.add_parser("fill", help="ask the person's venues now for what is not kept of symbols")
        note = actions.add_parser("note", help="note a split or a dividend of a symbol")
        export = actions.add_parser("export", help="write the bars of a person as a Parquet file")
        tell.add_argument("--user", help="the person's e-mail address (default: the whole desk)")
        for parsed in (fill, note, export):
            parsed.add_argument("--user", required=True, help="the person's e-mail address")
        fill.add_argument("--symbol", required=True, nargs="+")
        export.add_argument("--symbol", nargs="+", help="(default: all)")
        export.add_argument("file", type=pathlib.Path)
        note.add_argument("--symbol", required=True)
        note.add_argument("--day", required=True, type=datetime.date.fromisoformat, help="the ex day, as 2026-11-24")
        kind = note.add_mutually_exclusive_group(required=True)
        kind.add_argument("--split", type=decimal.Decimal, help="new shares for one old")
        kind.add_argument("--dividend", type=decimal.Decimal, help="dollars a share")

    def handle(self, *args: typing.Any, action: str, **options: typing.Any) -> None:
        person = people.named(options["user"]) if options["user"] else None
        if person is None:
            self._tell(None)
        elif action == "tell":
            self._tell(person)
        elif action == "fill":
            self._fill(person, [_symbol(one) for one in options["symbol"]])
        elif action == "note":
            self._note(person, _symbol(options["symbol"]), options)
        else:
            self._export(person, options["file"], options["symbol"])

    def _tell(self, person: User | None) -> None:
        series = KeptSeries.objects.all() if person is None else KeptSeries.objects.filter(person=person)
        for one in series.order_by("person", "symbol", "interval"):
            days = list(BarDay.objects.filter(series=one).order_by("day").values_list("day", "bars"))
            since = f" from {days[0][0]} to {days[-1][0]}" if days else ""
            whose = f"{one.person}  " if person is None else ""
            self.stdout.write(f"{whose}{one.symbol} {one.interval}: {sum(bars for _, bars in days)} bars{since}")
        size = history_size()
        each = size.bytes_a_bar
        self.stdout.write(
            f"The desk keeps {size.bars} bars and {size.revisions} revisions"
            + (f" in {size.total_bytes} bytes, {each:.1f} a bar." if each is not None else ".")
        )

    def _fill(self, person: User, symbols: list[str]) -> None:
        if not person.links.exists():
            raise CommandError(f"{person} has no link.")
        try:
            for symbol, filled in zip(symbols, asyncio.run(_request(person.pk, symbols)), strict=True):
                said = ", ".join(f"{one.added} bars of {one.interval}, {one.revised} revised" for one in filled)
                self.stdout.write(f"{symbol}: {said}")
        except (RpcError, ForeignClusterError) as error:
            raise CommandError(str(error)) from error

    def _note(self, person: User, symbol: str, options: dict[str, typing.Any]) -> None:
        kind = "split" if options["split"] is not None else "dividend"
        try:
            note_action(person.pk, symbol, options["day"], kind, options[kind], now_ms())
        except ValueError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Noted: {kind} of {symbol} on {options['day']}, {options[kind]}.")

    def _export(self, person: User, file: pathlib.Path, symbols: list[str] | None) -> None:
        rows = KeptSeries.objects.filter(person=person).order_by("symbol", "interval")
        if symbols:
            rows = rows.filter(symbol__in=[_symbol(one) for one in symbols])
        told = (
            (row.symbol, row.interval, read_bars(person.pk, row.symbol, interval_of(row), 0, LATEST_MS)) for row in rows
        )
        try:
            self.stdout.write(f"{export_bars(file, told)} bars in {file}.")
        except ExportError as error:
            raise CommandError(str(error)) from error


async def _request(person: int, symbols: list[str]) -> list[list[FilledInterval]]:
    visit = client.StreamClient(person, VIEW)
    try:
        await anext(visit.messages())
        answers = [await visit.request(QUESTION, symbol, within_s=WITHIN_S) for symbol in symbols]
    finally:
        await visit.close()
    return [msgspec.json.decode(answer, type=list[FilledInterval]) for answer in answers]


def _symbol(text: str) -> str:
    symbol = normalise(text)
    if not is_symbol(symbol):
        raise CommandError(f"No such symbol: {text}")
    return symbol
