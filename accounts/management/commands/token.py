"""Makes, lists and revokes API tokens from the command line. A secret is printed once, alone on standard output."""

import argparse
import datetime
import typing

from django.core.management import BaseCommand, CommandError
from django.views.decorators.debug import sensitive_variables

from accounts.auth import tokens
from accounts.management import people
from accounts.models import LABEL_LENGTH, READ, TRADE, ApiToken, User


class Command(BaseCommand):
    help = "Makes an API token for a person and prints its secret, this once; or lists or revokes theirs."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add whose, and what is to be done."""
        parser.add_argument("user", metavar="EMAIL")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--name", help="make one, and call it that")
        what.add_argument("--list", action="store_true", help="show the person's tokens, never a secret")
        what.add_argument("--revoke", type=int, metavar="ID", help="end one, by its id in the list")
        scopes = f"what a new one may do (default: {READ}; {TRADE} includes it)"
        parser.add_argument("--scope", choices=(READ, TRADE), default=READ, help=scopes)
        parser.add_argument("--days", type=int, help="how long a new one lives (default: for ever)")

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Do it. Raises CommandError."""
        person = people.named(options["user"])
        if options["list"]:
            self._list(person)
        elif options["revoke"] is not None:
            self._revoke(person, options["revoke"])
        else:
            self._make(person, options["name"], options["scope"] == TRADE, options["days"])

    @sensitive_variables("secret")
    def _make(self, person: User, name: str, trade: bool, days: int | None) -> None:
        if not name.strip() or len(name) > LABEL_LENGTH:
            raise CommandError(f"A name has 1 to {LABEL_LENGTH} characters.")
        if days is not None and not 1 <= days <= tokens.LONGEST.days:
            raise CommandError(f"--days is 1 to {tokens.LONGEST.days}.")
        lifetime = datetime.timedelta(days=days) if days is not None else None
        try:
            secret, row = tokens.make(person, name, trade=trade, lifetime=lifetime)
        except tokens.TokenRefusedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(secret)
        self.stderr.write(f"Token {row.pk} of {person}, {row.access_text}, {_until(row)}. It is not shown again.")

    def _list(self, person: User) -> None:
        for row in person.api_tokens.all():
            used = f"last used {row.last_used:%Y-%m-%d %H:%M} UTC" if row.last_used else "never used"
            self.stdout.write(f"{row.pk}\t{row.name}\t{row.access_text}\t{row.state}\t{_until(row)}\t{used}")

    def _revoke(self, person: User, number: int) -> None:
        row = person.api_tokens.filter(pk=number, revoked=None).first()
        if row is None:
            raise CommandError(f"{person} has no token {number} that could be revoked; see --list.")
        tokens.revoke(row)
        self.stdout.write(f"Revoked {row.name}.")


def _until(row: ApiToken) -> str:
    return f"until {row.expires:%Y-%m-%d %H:%M} UTC" if row.expires else "without an end"
