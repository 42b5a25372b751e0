"""Has models learn from what came of their signals: a process of its own, at low priority."""

import contextlib
import logging
import os
import signal
import threading
import typing
from collections.abc import Iterator

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, close_old_connections

from lib.clock import now_ms
from signals.learner_store import OvertakenError, PersonLearner, read_learners
from signals.predictors.catalogue import all_models, by_key
from signals.predictors.contract import SlowModelError
from streaming.status import health

logger = logging.getLogger(__name__)

EVERY_S = 5.0
"""How often it is looked for outcomes: a model is asked again after five minutes."""
NICE = 19
MOST_S = 2.0
"""Seconds in which a model has to learn from a bar."""


class Command(BaseCommand):
    """`manage.py learn`; `manage.py up` runs it beside the desk."""

    help = "Learn from the outcomes of signals and keep the scoreboard, until SIGTERM or Ctrl-C."
    stealth_options = ("when_ready",)
    """For `call_command`: a function to run when it begins."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="learn what there is to learn, and end")

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        """Learn until told to stop."""
        if pending := health.pending_migrations():
            raise CommandError(
                f"The database is behind: {pending} migrations did not run yet. Run `manage.py migrate`."
            )
        self._learners: dict[int, PersonLearner] = {}
        self._fresh = by_key(all_models(settings.SIGNALS))
        self._stopping = stopping = threading.Event()
        signal.signal(signal.SIGALRM, _give_up)
        if options["once"]:
            self.learn_all()
            return
        os.nice(NICE)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        (options.get("when_ready") or (lambda: self.stdout.write("Ready: learning.")))()
        while not stopping.is_set():
            try:
                self.learn_all()
            except DatabaseError as error:
                logger.warning("nothing can be learned now: %s; it is tried again", error)
                self._learners.clear()
            close_old_connections()
            stopping.wait(EVERY_S)

    def learn_all(self) -> None:
        """Have everybody's models learn what there is, or until told to stop. Raises DatabaseError."""
        for person in read_learners():
            if self._stopping.is_set():
                return
            learner = self._learners.setdefault(person, PersonLearner(person, self._fresh, limit_time))
            try:
                while learner.learn() or learner.close_session(now_ms()):
                    if self._stopping.is_set():
                        return
                learner.prune(now_ms())
                if not learner.is_checked:
                    learner.check_chain()
            except OvertakenError as error:
                logger.info("person %d: %s; it is tried again", person, error)
            except DatabaseError:
                raise
            except Exception as error:
                if learner.keep_fault(f"it cannot be learned from: {error}"):
                    logger.exception("the signals of person %d cannot be learned from; it is tried again", person)


@contextlib.contextmanager
def limit_time(seconds: float = MOST_S) -> Iterator[None]:
    """Raise SlowModelError in what takes longer, and again as often as it goes on. For the main thread."""
    signal.setitimer(signal.ITIMER_REAL, seconds, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _give_up(*_signal: typing.Any) -> None:
    raise SlowModelError("it took too long")
