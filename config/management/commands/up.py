"""Runs the desk: all of it in this process, or as a family of processes that this one keeps.

One web server that also holds the venue connections needs no family. It stays one process because that is what most
desks are: it has half the memory and start-up time of two, it is the only way that works without any Redis or Valkey
(hub and host call each other directly), and a debugger or profiler finds everything in one place. What it lacks is
somebody to start it again, for which there is systemd, and a restart that nobody notices, for which there is --web 2.
Beside it runs the process in which models learn, unless LEARNING=0.
"""

import argparse
import asyncio
import logging
import socket
import typing

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import BaseCommand, CommandError, call_command
from django.db import DatabaseError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from accounts.auth import invitations
from accounts.links import store
from brokers import catalogue
from config import databases, valkey
from config.processes.beside import KeptBeside
from config.processes.running import AlreadyRunningError, Running
from config.processes.supervisor import ProcessSpec, Supervisor
from config.server import choice, uvicorn
from lib.open_file_limit import raise_limit
from streaming import db_connection
from streaming.ownership import process_id, rows

logger = logging.getLogger(__name__)

MOST = 64
"""Processes of a kind, at most."""


class Command(BaseCommand):
    help = "Runs the desk: its pages, its sockets and the streams behind them."
    stealth_options = ("before_serving",)
    """For `call_command`: a function to run when database and layer are ready."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add --host, --port, --web, --streams, --server and --migrate."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port (default: PORT, else 8000; 0: any)")
        parser.add_argument("--web", type=int, default=1, help="processes that serve pages and sockets (default: 1)")
        parser.add_argument(
            "--streams", type=int, default=0, help="processes that only hold venue connections (default: 0: the web's)"
        )
        parser.add_argument(
            "--server", choices=[*choice.SERVERS], default=choice.UVICORN, help="web server (default: uvicorn)"
        )
        parser.add_argument("--migrate", action="store_true", help="bring the database up to date first")

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Check the ground, then serve until SIGTERM or Ctrl-C."""
        self.check_numbers(options["web"], options["streams"])
        self.server = str(options["server"])
        try:
            with Running(settings.RUN_DIR) as running, self.listen(options["host"], options["port"]) as bound:
                self.check_static_files()
                self.prepare_database(options["migrate"])
                self.check_room(options["web"] + options["streams"])
                self.prepare_layer(options["web"] + options["streams"])
                url = self.url(options["host"], bound)
                if self.server == choice.DAPHNE:
                    self.stdout.write(choice.DAPHNE_LACKS)
                if before_serving := options.get("before_serving"):
                    before_serving()
                if link := invitations.first_link(url):
                    self.stdout.write(f"Make the first account here (once): {link}")
                if options["web"] + options["streams"] == 1:
                    running.write(url, {})
                    with KeptBeside(learners(), lambda children: running.write(url, children), bury):
                        self.serve(bound, url)
                else:
                    self.supervise(bound, url, running, options["web"], options["streams"])
        except AlreadyRunningError as error:
            raise CommandError(str(error)) from error

    def check_numbers(self, web: int, streams: int) -> None:
        """Refuse what cannot be a number of processes."""
        for name, count, least in (("--web", web, 1), ("--streams", streams, 0)):
            if not least <= count <= MOST:
                raise CommandError(f"{name} is {count}; it must be from {least} to {MOST}.")

    def listen(self, host: str, port: int) -> socket.socket:
        """Return the listening socket."""
        if ":" in host and self.server == choice.DAPHNE:
            raise CommandError(f"Daphne takes a listening socket of IPv4 only, and {host} is none.")
        try:
            return uvicorn.listen(host, port)
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host}:{port}: {error.strerror}. Choose another with PORT= or --port."
            ) from error

    def url(self, host: str, bound: socket.socket) -> str:
        """Return where people open this desk; on this machine only, that is also its SITE_URL."""
        url = f"http://{f'[{host}]' if ':' in host else host}:{bound.getsockname()[1]}"
        if not (settings.SITE_URL or settings.PRODUCTION) and host in ("127.0.0.1", "localhost", "::1"):
            settings.SITE_URL = url
        return url

    def check_static_files(self) -> None:
        """Refuse to serve pages without their styles and scripts."""
        if settings.COLLECTED and not (settings.STATIC_ROOT / "staticfiles.json").exists():
            raise CommandError(f"{settings.STATIC_ROOT} has no static files yet. Run `manage.py collectstatic` first.")

    def prepare_database(self, migrate: bool) -> None:
        """Make the tables of an empty database; those of one with data only when asked to."""
        executor = MigrationExecutor(connection)
        behind = executor.migration_plan(executor.loader.graph.leaf_nodes())
        if behind and (migrate or not executor.loader.applied_migrations):
            call_command("migrate", interactive=False, verbosity=0)
            self.stdout.write("Database brought up to date.")
        elif behind:
            raise CommandError(
                f"The database is behind: {len(behind)} of its migrations did not run yet. "
                "Back it up, then run `manage.py migrate` or start with --migrate."
            )
        connection.close()

    def check_room(self, processes: int) -> None:
        """Refuse more connections than the database gives."""
        if (given := databases.connections_given(connection)) is not None:
            try:
                databases.check_room(settings.DATABASE_POOL, processes, given)
            except ImproperlyConfigured as error:
                raise CommandError(str(error)) from error
        connection.close()

    def prepare_layer(self, processes: int) -> None:
        """Start the embedded Valkey, or say what is used instead."""
        if settings.EMBEDDED_VALKEY:
            valkey.ensure_running(settings.RUN_DIR)
        elif not settings.REDIS_URL and processes > 1:
            raise CommandError("Several processes need a Redis or Valkey to reach each other. Set REDIS_URL.")
        elif not settings.REDIS_URL:
            self.stdout.write("No Redis or Valkey found: this desk runs in this one process only.")

    def warm_up(self) -> None:
        """Import the adapters that links use: the first person to sign in should not wait for it."""
        for venue in store.venues_in_use():
            catalogue.adapter(venue)

    def serve(self, bound: socket.socket, url: str) -> None:
        """Serve on `bound` until told to stop. The application is imported here, not before its Valkey runs."""
        self.warm_up()
        choice.serve(self.server)(bound, lambda: self.say_ready(url), behind_proxy=settings.TRUSTED_PROXY_COUNT > 0)
        self.stdout.write("Stopped.")

    def supervise(self, bound: socket.socket, url: str, running: Running, web: int, streams: int) -> None:
        """Keep a family of processes until told to stop."""
        connection.close()
        raise_limit()  # for the children
        family = Supervisor(
            [*orders("streams", streams), *orders("web", web, *self.web_arguments(bound, streams)), *learners()],
            [bound.fileno()],
            lambda: self.say_ready(url),
            lambda children: running.write(url, children),
            bury,
        )
        if failure := asyncio.run(obeying(family)):
            raise CommandError(failure)
        self.stdout.write("Stopped.")

    def web_arguments(self, bound: socket.socket, streams: int) -> list[str]:
        """Return what config.processes.child needs to serve on `bound`."""
        arguments = ["--listen", str(bound.fileno()), "--server", self.server]
        if settings.SITE_URL:
            arguments += ["--site-url", settings.SITE_URL]
        return [*arguments, "--no-host"] if streams else arguments

    def say_ready(self, url: str) -> None:
        """Say where the desk is, now that it answers."""
        self.stdout.write(f"Ready: {url}/")
        self.stdout.flush()


async def obeying(family: Supervisor) -> str:
    """Run `family` until a signal ends it. Returns why it never came up, or nothing."""
    family.obey_signals()
    return await family.run()


def bury(pid: int) -> None:
    """Tell the database that the host of a dead process is no more: others then take its people over at once."""
    try:
        db_connection.connect(connections.settings["default"])
        hosts = rows.hosts()
        rows.mark_ended(
            *(row.id for row in hosts if row.name == process_id.name_of(pid) and process_id.is_dead(row.name, row.boot))
        )
    except DatabaseError as error:
        logger.warning("the database was not told that process %d ended: %s; its lease will expire", pid, error)
    finally:
        connection.close()


def learners() -> list[ProcessSpec]:
    """Return the order for the process in which models learn; none with LEARNING=0."""
    command = ("-m", "config.processes.child", "learn", "--learn")
    return [ProcessSpec("learn", command)] if settings.LEARNING else []


def orders(kind: str, count: int, *arguments: str) -> list[ProcessSpec]:
    """Return the orders for `count` processes of a kind, named from 1 on."""
    names = [f"{kind}-{number}" for number in range(1, count + 1)]
    return [ProcessSpec(name, ("-m", "config.processes.child", name, *arguments)) for name in names]
