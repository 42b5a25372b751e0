"""Shows a person's alerts in a terminal."""

import typing

from django.core.management.base import BaseCommand, CommandParser

from accounts.management import people
from alerts import store
from alerts.models import AlertRule
from alerts.rules.sentence import sentence


class Command(BaseCommand):
    """`manage.py alerts --user alice@example.com`."""

    help = "Show a person's alerts: which are armed, and what they fired."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, help="whose (e-mail address)")

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        rows = store.of(people.named(options["user"]).pk)
        for row in rows:
            self.stdout.write(line_of(row))
        if not rows:
            self.stdout.write("No alert. Press A on any page of the desk, or POST /api/alerts/.")


def line_of(row: AlertRule) -> str:
    """Return an alert as one line: its id, whether it is armed, how often it fired, and its rule."""
    word = "armed" if row.is_armed else "rests"
    fired = f"fired {row.fired}" if row.fired else "never fired"
    last = f", last {row.fired_at:%Y-%m-%d %H:%M:%S} UTC" if row.fired_at else ""
    return f"{row.pk}  {word}  {fired}{last}  {sentence(store.spec_of(row))}"
