"""Lets the first of the demo's people begin with signals that were scored."""

import argparse
import os
import typing

from django.core.management import BaseCommand

from accounts.models import User
from demo.past_market import PastMarket
from demo.past_signals import PastSignals
from demo.people import PEOPLE, SESSIONS
from demo.venue import EDGE
from lib.clock import now_ms
from signals.predictors.catalogue import built_in
from simulator.__main__ import die_with_parent
from simulator.server import DEFAULT_SEED

SYMBOLS = ("SPY", "QQQ", "AAPL", "MSFT", "NVDA", "AMZN", "TSLA", "AMD")
NICE = 10
"""Not lower: others wait for the database while it writes."""


def _sessions(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is not a number of sessions")
    return int(text)


class Command(BaseCommand):
    help = "Lets the demo's owner begin with sessions of signals in simulated time; does nothing a second time."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add --sessions and --parent-death."""
        parser.add_argument("--sessions", type=_sessions, default=SESSIONS, help="how many (default: %(default)s)")
        parser.add_argument("--parent-death", metavar="PID", type=int, help="end when this process, its parent, ends")

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Live through the sessions, beside whatever else the machine does."""
        if options["parent_death"] is not None:
            die_with_parent(options["parent_death"])
            os.nice(NICE)
        person = User.objects.get(email=PEOPLE[0])
        market = PastMarket(DEFAULT_SEED, SYMBOLS, now_ms(), EDGE)
        written = PastSignals(person.pk, built_in(), market, EDGE).live(options["sessions"])
        if written:
            self.stdout.write(f"{person.email} has signals of {written} sessions in simulated time.")
