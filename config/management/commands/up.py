"""Runs the desk."""

import argparse
import socket
import typing

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts import claims, stored
from brokers import catalogue
from config import server, valkey
from streaming import runtime

APPLICATION = "config.asgi:application"


class Command(BaseCommand):
    help = "Runs the desk: its pages, its sockets and the streams behind them."
    stealth_options = ("before_serving",)
    """For `call_command`: a function to run when database and layer are ready."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add --host, --port and --migrate."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: 127.0.0.1)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="port (default: PORT, else 8000; 0: any)")
        parser.add_argument("--migrate", action="store_true", help="bring the database up to date first")

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Check the ground, then serve until SIGTERM or Ctrl-C."""
        try:
            bound = server.listen(options["host"], options["port"])
        except OSError as error:
            place = f"{options['host']}:{options['port']}"
            raise CommandError(
                f"Cannot listen on {place}: {error.strerror}. Choose another with PORT= or --port."
            ) from error
        with bound:
            self.check_static_files()
            self.prepare_database(options["migrate"])
            self.prepare_layer()
            port = bound.getsockname()[1]
            host = f"[{options['host']}]" if ":" in options["host"] else options["host"]
            url = f"http://{host}:{port}"
            if not (settings.SITE_URL or settings.PRODUCTION) and options["host"] in ("127.0.0.1", "localhost", "::1"):
                settings.SITE_URL = url
            if before_serving := options.get("before_serving"):
                before_serving()
            self.serve(bound, url)

    def check_static_files(self) -> None:
        """Refuse to serve pages without their styles and scripts."""
        if settings.PRODUCTION and not (settings.STATIC_ROOT / "staticfiles.json").exists():
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

    def prepare_layer(self) -> None:
        """Start the embedded Valkey, or say what is used instead."""
        if settings.EMBEDDED_VALKEY:
            valkey.ensure_running(settings.RUN_DIR)
        elif not settings.REDIS_URL:
            self.stdout.write("No Redis or Valkey found: this desk runs in this one process only.")

    def warm_up(self) -> None:
        """Import the adapters that links use: the first person to sign in should not wait for it."""
        for venue in stored.venues_in_use():
            catalogue.adapter(venue)

    def serve(self, bound: socket.socket, url: str) -> None:
        """Serve on `bound` until told to stop. The application is imported here, not before its Valkey runs."""
        if link := claims.first_link(url):
            self.stdout.write(f"Make the first account here (once): {link}")
        self.warm_up()
        config = server.configuration(APPLICATION, behind_proxy=settings.TRUSTED_PROXY_COUNT > 0)

        def ready() -> None:
            runtime.runtime()
            self.stdout.write(f"Ready: {url}/")
            self.stdout.flush()

        server.Server(config, runtime.drain, ready).run([bound])
        self.stdout.write("Stopped.")
