"""Asks the venues of a person what happened, and says what was missed and what differs."""

import asyncio
import sys
import typing

import msgspec
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management import people
from brokers.catalogue import VENUES
from brokers.contract.reports import ActivityReport, FillReport, OrderReport, Report
from streaming.bus.cluster_id import ForeignClusterError
from streaming.rpc.client import RpcError
from streaming.terminal import client
from streaming.wire import frames
from streaming.wire.subscription import Subscription
from trading.reconciliation.reconciler import OrderAnswer

WITHIN_S = 90
"""How long the venues may take together."""
VIEW = Subscription(topics=frozenset({"links"}))


class Command(BaseCommand):
    """`manage.py reconcile --user alice@example.com`."""

    help = "Compare a person's book with what their venues say now. Exits with 1 if they differ or cannot be asked."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, help="the person's e-mail address")
        parser.add_argument("--link", default="", help="the label of one link (default: all)")

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        person = people.named(options["user"])
        link = ""
        if not person.links.exists():
            raise CommandError(f"{person} has no link.")
        if label := options["link"]:
            found = person.links.filter(label=label).first()
            if found is None:
                raise CommandError(f"{person} has no link called {label}.")
            link = str(found.pk)
        try:
            answers = msgspec.json.decode(asyncio.run(_request(person.pk, link)), type=list[OrderAnswer])
        except (RpcError, ForeignClusterError) as error:
            raise CommandError(str(error)) from error
        for answer in answers:
            self._print(answer)
        if any(answer.report is None or answer.report.differences for answer in answers):
            sys.exit(1)

    def _print(self, answer: OrderAnswer) -> None:
        """Write what came of one link."""
        head = f"{answer.label} ({VENUES[answer.venue].title}, {answer.environment})"
        report = answer.report
        if report is None:
            self.stdout.write(f"{head}: not compared: {answer.reason}")
            return
        counts = ", ".join(f"{getattr(report, name)} {name}" for name in ("orders", "fills", "activities", "positions"))
        since = frames.iso(report.since)[:16].replace("T", " ")
        self.stdout.write(f"{head}: {counts} of {', '.join(report.accounts)} since {since} UTC")
        for one in report.found:
            late_s = max(0, report.at - one.at) / 1000
            how = "history" if one.found == "history" else f"recovered, {late_s:.1f} s late"
            self.stdout.write(f"  {_said(one)}: {how}")
        for difference in report.differences:
            book, venue = (value if value is not None else "unknown" for value in (difference.book, difference.venue))
            said = f"{book} by the book, {venue} by the venue"
            self.stdout.write(f"  {difference.subject} of {difference.name}: {said}")
        if not report.differences:
            agree = "book and venue agree" if report.settled else "too much happens to be certain: ask again"
            self.stdout.write(f"  {agree}")


async def _request(person: int, link: str) -> str:
    visit = client.StreamClient(person, VIEW)
    try:
        await anext(visit.messages())
        return await visit.request("reconcile", link, within_s=WITHIN_S)
    finally:
        await visit.close()


def _said(one: Report) -> str:
    if isinstance(one, FillReport):
        return f"{one.kind} of {one.quantity} {one.symbol} at {one.price}"
    if isinstance(one, OrderReport):
        return f"order {one.order} {one.status}"
    assert isinstance(one, ActivityReport)  # noqa: S101 (there is nothing else)
    return f"{one.kind} of {one.amount if one.amount is not None else one.quantity}"
