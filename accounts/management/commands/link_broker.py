"""Links a person to a venue from the command line. No secret is ever an argument: others on the host can read those."""

import argparse
import getpass
import os
import sys
import typing

import msgspec
from asgiref.sync import async_to_sync
from django.core.management import BaseCommand, CommandError
from django.views.decorators.debug import sensitive_variables

from accounts.forms import environments, required_fields
from accounts.links import linking
from accounts.links.linking import LinkRefusedError
from accounts.management import people
from accounts.models import BrokerLink, User, tidy
from brokers.catalogue import ENVIRONMENTS, VENUES, CredentialField, Venue
from brokers.contract.broker import Credentials


class Command(BaseCommand):
    help = (
        "Links a person to a venue, or links again what has that label already. Secrets come from variables named "
        "<VENUE>_<SECRET> (TASTYTRADE_REFRESH_TOKEN), else as one JSON object from standard input, else are asked for."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add who, where and under which name."""
        parser.add_argument("--user", required=True, metavar="EMAIL")
        parser.add_argument("--venue", required=True, choices=sorted(VENUES))
        parser.add_argument("--environment", required=True, choices=ENVIRONMENTS)
        parser.add_argument("--label", help="what the person calls it (default: the venue's name)")
        parser.add_argument("--default-account", metavar="NUMBER", help="the account that is shown first")

    @sensitive_variables("given")
    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Verify the credentials, then store them. Raises CommandError."""
        venue, environment = VENUES[options["venue"]], options["environment"]
        if environment not in environments(venue):
            raise CommandError(f"{venue.title} has no {environment} environment here.")
        person = people.named(options["user"])
        given = read(venue)
        try:
            link = store(person, venue, environment, options["label"] or venue.title, given)
            if options["default_account"]:
                linking.choose_account(link, options["default_account"])
        except LinkRefusedError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Linked {person} to {link}: {', '.join(link.masked_accounts)}")


@sensitive_variables("given")
def store(person: User, venue: Venue, environment: str, label: str, given: Credentials) -> BrokerLink:
    """Link, or link again what has this label. Raises LinkRefusedError.

    Attempts are not counted: that takes the cache, which may run only while the desk does.
    """
    identity = async_to_sync(linking.verify)(venue.name, environment, given)
    existing = BrokerLink.objects.filter(person=person, label__iexact=tidy(label)).first()
    if existing is None:
        return linking.link(person, venue.name, environment, label, given, identity)
    if (existing.venue, existing.environment) != (venue.name, environment):
        raise LinkRefusedError(f"{label} is a link to {existing.venue_title}, {existing.environment}.")
    if others := linking.opens_others(existing, identity):
        raise LinkRefusedError(others)
    linking.relink(existing, given, identity)
    return existing


@sensitive_variables()
def read(venue: Venue) -> Credentials:
    """Return the venue's secrets from where they were put. Raises CommandError."""
    fields = required_fields(venue)
    found = {field.name: os.environ.get(variable(venue, field), "") for field in fields}
    missing = [field for field in fields if not found[field.name]]
    if all(field.is_optional for field in missing):
        return Credentials(found)
    if not sys.stdin.isatty():
        found |= piped(missing)
    else:
        found |= {field.name: getpass.getpass(f"{field.label}: ").strip() for field in missing}
    if lacking := [field for field in fields if not (found.get(field.name) or field.is_optional)]:
        wanted = " and ".join(f"{field.name} ({variable(venue, field)})" for field in lacking)
        raise CommandError(f"Missing: {wanted}.")
    return Credentials(found)


def variable(venue: Venue, field: CredentialField) -> str:
    """Return the name of the variable that may hold a secret."""
    return f"{venue.name}_{field.name}".upper()


@sensitive_variables()
def piped(fields: list[CredentialField]) -> dict[str, str]:
    """Return those of `fields` that standard input gives. Raises CommandError."""
    text = sys.stdin.read()
    try:
        given = msgspec.json.decode(text, type=dict[str, str]) if text.strip() else {}
    except msgspec.MsgspecError:
        names = ", ".join(f'"{field.name}": "…"' for field in fields)
        # Not chained: the error may quote what was piped in.
        raise CommandError(f"Standard input is no JSON object of texts, like {{{names}}}.") from None
    return {field.name: given.get(field.name, "").strip() for field in fields}
