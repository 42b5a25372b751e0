"""Runs a whole desk to try: database, people, simulated venue, Valkey and web server."""

import argparse
import contextlib
import fcntl
import logging
import os
import pathlib
import subprocess
import sys
import typing

import httpx2
from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import DatabaseError, connection

from accounts.links.linking import LinkRefusedError
from brokers.catalogue import VENUES
from demo import people, venue
from demo.people import SESSIONS

logger = logging.getLogger(__name__)

HOST = "127.0.0.1"


class Command(BaseCommand):
    help = "Runs a whole desk to try, with people and a simulated venue, on this machine only. PORT= chooses the port."
    requires_system_checks: tuple[str, ...] = ()  # not yet: it begins again in its own environment

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Add --web, --streams and --sessions."""
        parser.add_argument("--web", type=int, default=1, help="processes that serve pages and sockets (default: 1)")
        parser.add_argument("--streams", type=int, default=0, help="processes that hold venue connections (default: 0)")
        parser.add_argument(
            "--sessions", type=int, default=SESSIONS, help="sessions of signals to begin with (default: %(default)s)"
        )

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Run until SIGTERM or Ctrl-C; outside the demo's own environment, begin again inside it."""
        if settings.ENVIRONMENT != "demo":
            os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"ENVIRONMENT": "demo"})  # noqa: S606
        run_dir = pathlib.Path(settings.RUN_DIR)
        run_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (run_dir / "demo.lock").open("w") as lock:
            acquire_lock(lock)
            try:
                self.run(run_dir, options["web"], options["streams"], options["sessions"])
            except (venue.VenueError, LinkRefusedError) as error:
                raise CommandError(str(error)) from error
            except KeyboardInterrupt:
                self.stdout.write("Stopped.")

    def run(self, run_dir: pathlib.Path, web: int, streams: int, sessions: int) -> None:
        """Start one thing after the other; the desk last."""
        kept = settings.VAR_DIR / venue.KEPT
        with venue.running(run_dir, settings.BASE_DIR, kept) as simulated, contextlib.ExitStack() as beside:

            def begin() -> None:
                simulated.wait()
                seed(run_dir)
                beside.enter_context(seeding_signals(sessions))
                simulated.maintain(httpx2.URL(people.address(run_dir)).port or 0, lambda: seed_again(run_dir))
                self.stdout.write(self.summary(run_dir, web, streams))

            call_command("collectstatic", interactive=False, verbosity=0)
            call_command(
                "up", host=HOST, port=settings.PORT, web=web, streams=streams, migrate=True, before_serving=begin
            )

    def summary(self, run_dir: pathlib.Path, web: int, streams: int) -> str:
        """Say how to sign in, and what runs."""
        owner, other = people.PEOPLE
        desk = "web server in this process" if web + streams == 1 else f"{web} web servers, {streams} hosts of streams"
        venues = " and ".join(VENUES[name].title for name in people.simulated(run_dir))
        layer = settings.LAYER_URL or "none found: everything in one process"
        return (
            f"Sign in    {owner} (owns this desk) or {other}, password {people.PASSWORD}\n"
            f"Running    simulated {venues} on {people.address(run_dir)}: prices and accounts are made up\n"
            f"           Valkey on {layer}\n"
            f"           {desk}\n"
            f"Kept in    {settings.VAR_DIR}, with the accounts (delete it to begin afresh). Ctrl-C ends everything."
        )


def seed(run_dir: pathlib.Path) -> None:
    """Make the people, and link them to the venue that runs."""
    for _ in people.seed(run_dir):
        pass


@contextlib.contextmanager
def seeding_signals(sessions: int) -> typing.Iterator[None]:
    """Make the owner's signals of simulated time beside the desk, unless they are there; pages fill as they come."""
    if not sessions:
        yield
        return
    options = ["--sessions", str(sessions), "--parent-death", str(os.getpid())]
    process = subprocess.Popen(  # noqa: S603 -- this project's own program
        [sys.executable, "manage.py", "seed_signals", *options],
        cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # pages show how far it is
        start_new_session=True,  # Ctrl-C is for the desk
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def seed_again(run_dir: pathlib.Path) -> None:
    """Link the people to a venue that was started again, if it knows them no more. On a thread of its own."""
    try:
        seed(run_dir)
    except (LinkRefusedError, httpx2.HTTPError, DatabaseError) as error:
        logger.error("the demo's people could not be linked to the venue that runs again: %s", error)
    else:
        logger.warning("The simulated venue runs again, from where it was")
    finally:
        connection.close()


def acquire_lock(lock: typing.IO[str]) -> None:
    """Hold `lock` to the end of this process. Raises CommandError when another demo of this folder holds it."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise CommandError(f"A demo runs already in {settings.VAR_DIR}. End it first, or set VAR_DIR.") from error
