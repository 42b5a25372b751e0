"""Seals every credential for the first of CREDENTIAL_KEYS, so that the others can be retired."""

import typing

from django.core.management import BaseCommand, CommandError
from django.db import transaction

from accounts import keys, sealing
from accounts.models import BrokerLink


class Command(BaseCommand):
    help = (
        "Seals every stored credential for the first of CREDENTIAL_KEYS. Put the new key first, run this, and take "
        "the old keys out when it says that nothing is left to them. Streams go on meanwhile."
    )

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Re-wrap link by link. Raises CommandError, at the end, when some do not open with any key."""
        closed = [link for link in BrokerLink.objects.select_related("person") if not self.rewrap(link)]
        total = BrokerLink.objects.count()
        if closed:
            names = "; ".join(f"{link.person}: {link.label}" for link in closed)
            raise CommandError(
                f"{len(closed)} of {total} links open with none of the keys and must be re-linked: {names}"
            )
        self.stdout.write(f"All {total} links are sealed for key {keys.public_key().id}.")

    def rewrap(self, link: BrokerLink) -> bool:
        """Re-wrap one link's secrets; return whether they open."""
        with transaction.atomic():
            row = BrokerLink.objects.select_for_update().get(pk=link.pk)
            try:
                row.sealed = {
                    name: sealing.rewrap(value, row.place(name), keys.private_keys())
                    for name, value in row.sealed.items()
                }
            except sealing.SealError as error:
                self.stderr.write(f"{link.person}: {link.label}: {error}")
                return False
            row.save(update_fields=["sealed"])
        return True
