"""Seals every credential for the first of CREDENTIAL_KEYS, so that the others can be retired."""

import typing

from django.core.management import BaseCommand, CommandError

from accounts.credentials import keys
from accounts.links import key_rotation
from accounts.models import BrokerLink


class Command(BaseCommand):
    help = (
        "Seals every stored credential for the first of CREDENTIAL_KEYS. Put the new key last and restart every "
        "process, put it first and restart every process, run this, and take the old keys out when it says that "
        "nothing is left to them. Streams go on meanwhile."
    )

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Re-wrap row by row. Raises CommandError, at the end, when some do not open with any key."""
        self.stdout.write(rewrap(self))


def rewrap(command: BaseCommand) -> str:
    """Re-wrap everything; return a sentence about it. Raises CommandError, at the end, when something does not open."""
    closed = []
    for row, reason in key_rotation.rewrap():
        command.stderr.write(f"{row}: {reason}")
        if isinstance(row, BrokerLink):
            closed.append(row)
    total = BrokerLink.objects.count()
    if closed:
        names = "; ".join(f"{link.person}: {link.label}" for link in closed)
        raise CommandError(f"{len(closed)} of {total} links open with none of the keys and must be re-linked: {names}")
    return f"All {total} links are sealed for key {keys.public_key().id}."
