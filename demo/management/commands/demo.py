"""Runs a whole desk to try: database, people, simulated venue, Valkey and web server."""

import fcntl
import os
import pathlib
import sys
import typing

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command

from accounts.linking import LinkRefusedError
from demo import people, venue

HOST = "127.0.0.1"


class Command(BaseCommand):
    help = "Runs a whole desk to try, with people and a simulated venue, on this machine only. PORT= chooses the port."
    requires_system_checks: tuple[str, ...] = ()  # not yet: it begins again in its own environment

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Run until SIGTERM or Ctrl-C; outside the demo's own environment, begin again inside it."""
        if settings.ENVIRONMENT != "demo":
            os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"ENVIRONMENT": "demo"})  # noqa: S606
        run_dir = pathlib.Path(settings.RUN_DIR)
        run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (run_dir / "demo.lock").open("w") as lock:
            take(lock)
            try:
                self.run(run_dir)
            except (venue.VenueError, LinkRefusedError) as error:
                raise CommandError(str(error)) from error
            except KeyboardInterrupt:
                self.stdout.write("Stopped.")

    def run(self, run_dir: pathlib.Path) -> None:
        """Start one thing after the other; the web server last, in this process."""
        with venue.running(run_dir, settings.BASE_DIR) as simulated:

            def seed() -> None:
                simulated.wait()
                for _ in people.seed(run_dir):
                    pass
                self.stdout.write(self.summary(run_dir))

            call_command("up", host=HOST, port=settings.PORT, migrate=True, before_serving=seed)

    def summary(self, run_dir: pathlib.Path) -> str:
        """Say how to sign in, and what runs."""
        owner, other = people.PEOPLE
        address = people.simulated(run_dir).rest
        layer = settings.LAYER_URL or "none found: everything in one process"
        return (
            f"Sign in    {owner} (owns this desk) or {other}, password {people.PASSWORD}\n"
            f"Running    simulated tastytrade on {address}: its prices and accounts are made up\n"
            f"           Valkey on {layer}\n"
            "           web server in this process\n"
            f"Kept in    {settings.VAR_DIR} (delete it to begin afresh). Ctrl-C ends everything."
        )


def take(lock: typing.IO[str]) -> None:
    """Hold `lock` to the end of this process. Raises CommandError when another demo of this folder holds it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CommandError(f"A demo runs already in {settings.VAR_DIR}. End it first, or set VAR_DIR.") from error
