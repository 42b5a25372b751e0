"""Prints the life of a link as a Mermaid diagram, for docs/link-states.md."""

import typing

from django.core.management.base import BaseCommand

from streaming.links.state import diagram


class Command(BaseCommand):
    """`manage.py link_diagram`."""

    help = "Print the diagram of docs/link-states.md, drawn from the table in streaming/links/state.py."

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        self.stdout.write(diagram(), ending="")
