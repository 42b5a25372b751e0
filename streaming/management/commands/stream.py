"""Shows a person's live stream in the terminal."""

import argparse
import asyncio
import contextlib
import math
import os
import signal
import sys
import typing
from collections.abc import Coroutine

import msgspec
import websockets
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.auth import session_store
from accounts.management import people
from brokers.catalogue import VENUES
from lib.clock import now_ms
from streaming.bus.cluster_id import ForeignClusterError
from streaming.terminal import client, endpoints, fact_lines
from streaming.terminal.endpoints import PATHS
from streaming.terminal.table import TerminalTable
from streaming.wire.subscription import CandleMessage, Subscription, SubscriptionError, SubscriptionRequest

REDRAW_S = 0.25


class ReaderLeftError(Exception):
    """Whoever read the output, as `head` does, has enough."""


class Command(BaseCommand):
    """`manage.py stream --user alice@example.com --symbols QQQ SPY --for 30`."""

    help = "Show a person's quotes and balances live: a table in a terminal, a line per update elsewhere."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, help="the person's e-mail address")
        parser.add_argument("--symbols", nargs="+", default=None, metavar="SYMBOL", help="what to quote (QQQ)")
        parser.add_argument("--greeks", nargs="+", default=[], metavar="OPTION", help="options to stream Greeks of")
        parser.add_argument(
            "--candles", nargs="+", default=[], type=_candles, metavar="SYMBOL:INTERVAL", help="candles, as QQQ:5m"
        )
        parser.add_argument(
            "--venue", choices=sorted(VENUES), default="", help="only what comes by the person's links to this venue"
        )
        parser.add_argument(
            "--facts", action="store_true", help="orders, fills and activities: a line per event, as it comes"
        )
        parser.add_argument("--for", dest="seconds", type=_seconds, default=None, help="stop after so many seconds")
        parser.add_argument("--socket", action="store_true", help="go through /ws/streaming/ of a running server")
        parser.add_argument(
            "--path", nargs="+", default=[], metavar="PATH", type=_path,
            help=f"with --socket: a line per message of these endpoints ({', '.join(PATHS)}), or of all",
        )  # fmt: skip
        parser.add_argument("--url", default="http://127.0.0.1:8000", help="that server's address (with --socket)")

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        person = people.named(options["user"])
        venue = options["venue"]
        if venue and not person.links.filter(venue=venue).exists():
            raise CommandError(f"{person} has no link to {VENUES[venue].title}.")
        if options["path"] and not options["socket"]:
            raise CommandError("--path opens endpoints of a running server: it needs --socket.")
        facts = options["facts"]
        quotes = options["symbols"] or ([] if facts or options["path"] else ["QQQ"])
        watch = SubscriptionRequest(
            quotes=quotes,
            greeks=options["greeks"],
            candles=options["candles"],
            topics=["orders", "links"] if facts else ["portfolio", "links"],
        )
        try:
            view = Subscription().plus(watch)
        except SubscriptionError as error:
            raise CommandError(error.detail) from error
        session = session_store.open_session(person) if options["socket"] else None
        try:
            if session is not None and options["path"]:
                asyncio.run(self._read_endpoints(watch, options, session.session_key or ""))
            else:
                asyncio.run(self._stream(person.pk, view, options, session.session_key if session else None))
        except ReaderLeftError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # what is left to flush goes nowhere
        finally:
            if session is not None:
                session.delete()

    async def _stream(
        self, person: int, view: Subscription, options: dict[str, typing.Any], session: str | None
    ) -> None:
        tally = TerminalTable(now_ms(), options["venue"])
        visit = client.StreamClient(person, view, options["venue"], exact=options["facts"])
        messages = visit.messages()
        if session is not None:
            watch = {name: [*getattr(view, name)] for name in ("quotes", "greeks", "candles", "topics")}
            messages = client.over_socket(options["url"], session, watch, exact=options["facts"])
        try:
            await self._until_ended(self._show(messages, tally, visit, facts=options["facts"]), options["seconds"])
        except ForeignClusterError as error:
            raise CommandError(f"{error} Or look through the server's own socket, with --socket.") from error
        except (OSError, websockets.WebSocketException) as error:
            raise CommandError(f"The socket at {options['url']} failed: {error}") from error
        finally:
            await visit.close()
            self._write(tally.summary(now_ms()))

    async def _read_endpoints(self, watch: SubscriptionRequest, options: dict[str, typing.Any], session: str) -> None:
        paths = PATHS if "all" in options["path"] else dict.fromkeys(options["path"])
        asked = msgspec.structs.replace(watch, topics=[])
        reader = endpoints.EndpointReader(
            options["url"], session, asked, lambda path, message: self._write(endpoints.line_of(path, message))
        )
        self.stderr.write(f"Reading {len(paths)} endpoints of {options['url']}. Ctrl-C ends it.")
        try:
            await self._until_ended(reader.read(paths), options["seconds"])
        except (OSError, websockets.WebSocketException) as error:
            raise CommandError(f"The sockets at {options['url']} failed: {error}") from error
        finally:
            self._write(*reader.summary())

    async def _until_ended(self, work: Coroutine[typing.Any, typing.Any, None], seconds: float | None) -> None:
        """Do what is done until it is over, its time is, or somebody ends it."""
        task = asyncio.ensure_future(work)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError, TimeoutError):
            await asyncio.wait_for(task, seconds)

    async def _show(
        self, messages: client.Messages, tally: TerminalTable, visit: client.StreamClient, *, facts: bool
    ) -> None:
        """Draw or write what comes, until cancelled. With `facts` it is a line each, and nothing else."""
        terminal = self.stdout.isatty() and not facts
        redraw = asyncio.ensure_future(self._redraw(tally)) if terminal else None
        told = False
        try:
            async for message in messages:
                if not told and message["type"] != "feed":  # until then nobody knows who holds it
                    told = True
                    self.stderr.write(f"Streaming ({_where(visit)}). Ctrl-C ends it.")
                items = tally.apply(message, now_ms())
                if message["type"] in ("error", "feed"):
                    self.stderr.write(str(message))
                if facts:
                    self._write(*(fact_lines.line(item) for item in items if "fact" in item))
                elif not terminal:
                    self._write(*tally.lines(items, now_ms()))
        finally:
            if redraw is not None:
                redraw.cancel()

    def _write(self, *lines: str) -> None:
        """Write whole lines. Raises ReaderLeftError."""
        try:
            for line in lines:
                self.stdout.write(line)
            self.stdout.flush()
        except BrokenPipeError as error:
            raise ReaderLeftError from error

    async def _redraw(self, tally: TerminalTable) -> None:
        """Draw the table in place, four times a second."""
        height = 0
        while True:
            rows = tally.table(now_ms())
            self.stdout.write(f"\x1b[{height}A" if height else "", ending="")
            self.stdout.write("".join(f"\x1b[2K{row}\n" for row in rows), ending="")
            self.stdout.flush()
            height = len(rows)
            await asyncio.sleep(REDRAW_S)


def _where(visit: client.StreamClient) -> str:
    if visit.hosted:
        return "no server held it; this process does"
    # The server shows each price by the best of the person's links: another venue's may be better.
    only = f", which decides what comes by {VENUES[visit.venue].title}" if visit.venue else ""
    return f"joined the running server{only}"


def _candles(text: str) -> CandleMessage:
    symbol, colon, interval = text.rpartition(":")
    if not colon:
        raise argparse.ArgumentTypeError(f"{text} is not a symbol and an interval, as QQQ:5m")
    return CandleMessage(symbol, interval)


def _path(text: str) -> str:
    path = text.rstrip("/")
    if path not in (*PATHS, "all"):
        raise argparse.ArgumentTypeError(f"{text} is none of {', '.join(PATHS)}, all")
    return path


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds")
    return seconds
