"""Looks over the desk and says what is wrong with it."""

import argparse
import asyncio
import sys
import typing

import msgspec
from django.core.management import BaseCommand
from django.db import DatabaseError

from accounts.management import people
from accounts.models import BrokerLink
from config.doctor import checks, links
from config.doctor.checks import Finding
from lib import redaction
from lib.clock import now_ms

EXIT = {"ok": 0, "warning": 3, "problem": 4}
"""What this command ends with. 1 is a desk that cannot even begin (a wrong setting), 2 a wrong option."""


class Command(BaseCommand):
    help = (
        "Looks over the desk, whether it runs or not: settings, database, layer, keys, and each link at its venue. "
        "Ends with 0 when all is well, 3 when something should be looked at, 4 when something does not work."
    )
    requires_system_checks: list[str] = []
    """They are among what is looked at: their errors must not keep the rest from being said."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add --user, --refused and --json."""
        parser.add_argument("--user", metavar="EMAIL", help="look at this person's links only")
        parser.add_argument("--refused", action="store_true", help="ask venues about links they refused, too")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Look, tell, and end with the code of the worst."""
        findings: list[Finding] = []
        for finding in checks.ground():
            findings.append(self.report(finding, options["json"]))
        for finding in self.links(options["user"], options["refused"]):
            findings.append(self.report(finding, options["json"]))
        level = checks.worst(findings)
        if options["json"]:
            told = {"verdict": level, "exit": EXIT[level], "at": now_ms(), "findings": msgspec.to_builtins(findings)}
            self.stdout.write(redaction.redact(msgspec.json.encode(told).decode()))
        if EXIT[level]:
            sys.exit(EXIT[level])

    def links(self, email: str | None, refused: bool) -> list[Finding]:
        """Look at the links. Raises CommandError for somebody who does not exist."""
        rows = BrokerLink.objects.order_by("person_id", "created", "id")
        if email:
            rows = rows.filter(person=people.named(email))
        try:
            found = links.opened(list(rows))
        except DatabaseError:
            return []  # that the database is away is a finding already
        return asyncio.run(links.examined(found, refused=refused))

    def report(self, finding: Finding, quiet: bool) -> Finding:
        """Write a finding down, without any secret, unless `quiet`; return it."""
        if not quiet:
            self.stdout.write(f"{finding.level:<8} {finding.what}: {redaction.redact(finding.says)}")
        return finding
