"""Serves a person's tools to a program on this machine, over standard input and output."""

import asyncio
import contextlib
import signal
import typing

from django.core.management.base import BaseCommand, CommandParser

from accounts.management import people
from accounts.models import READ, TRADE
from assistant.mcp.stdio import serve_stdio


class Command(BaseCommand):
    """`manage.py mcp --user alice@example.com`."""

    help = "Serve a person's tools over standard input and output, for a program that speaks MCP."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, help="whose desk it is (e-mail address)")
        parser.add_argument("--trade", action="store_true", help="let the program change lists and alerts, too")

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        person = people.named(options["user"]).pk
        scopes = frozenset((READ, TRADE) if options["trade"] else (READ,))
        asyncio.run(_serve(person, scopes))


async def _serve(person: int, scopes: frozenset[str]) -> None:
    """Serve until the program leaves, or this process is told to end."""
    task = asyncio.ensure_future(serve_stdio(person, scopes))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task
