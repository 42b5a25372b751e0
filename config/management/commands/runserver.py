"""Django's development server, which serves sockets too: Daphne's own.

Daphne would bring it as an app, but then every process of a desk would import Twisted: a third of what a start takes.
"""

from daphne.management.commands.runserver import Command

__all__ = ["Command"]
