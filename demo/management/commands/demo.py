"""Runs a whole desk to try: database, people, simulated venue, Valkey and web server."""

import fcntl
import os
import pathlib
import socket
import sys
import typing

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command

from accounts.linking import LinkRefusedError
from demo import people, venue

HOST = "127.0.0.1"


class Command(BaseCommand):
    help = "Runs a whole desk to try, with people and a simulated venue, on this machine only. PORT= chooses the port."

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Run until SIGTERM or Ctrl-C; outside the demo's own environment, begin again inside it."""
        if settings.ENVIRONMENT != "demo":
            os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"ENVIRONMENT": "demo"})  # noqa: S606
        run_dir = pathlib.Path(settings.RUN_DIR)
        check_port(settings.PORT)
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
            call_command("migrate", interactive=False, verbosity=0)
            simulated.wait()
            for _ in people.seed(run_dir):
                pass
            self.stdout.write(self.summary(run_dir))
            call_command("up", host=HOST, port=settings.PORT)

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


def check_port(port: int) -> None:
    """Raise CommandError when `port` cannot be listened on, before anything is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} on {HOST} cannot be used: {error.strerror}. Choose another: make demo PORT=8001"
            ) from error


def take(lock: typing.IO[str]) -> None:
    """Hold `lock` to the end of this process. Raises CommandError when another demo of this folder holds it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CommandError(f"A demo runs already in {settings.VAR_DIR}. End it first, or set VAR_DIR.") from error
