"""Shows a person's scoreboard in a terminal, writes their record, and checks its chain."""

import contextlib
import math
import sys
import typing
from collections.abc import Iterator

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.management import people
from lib.clock import now_ms
from signals import store
from signals.learner.run import ModelRun
from signals.record.export import export_lines
from signals.scoreboard.board import BoardFigure, read_line
from signals.verification import verify_person
from streaming.formatting import MISSING

HEADS = ("model", "version", "state", "scored", "right", "skill", "net bps", "knows", "pays", "needs")


class Command(BaseCommand):
    """`manage.py signals --user alice@example.com`."""

    help = "Show a person's scoreboard of signals, write their record as lines of JSON, or check its chain."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, help="whose (e-mail address)")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--export", metavar="FILE", help="write every fact with its batch or outcome to a file, or -")
        what.add_argument("--verify", action="store_true", help="check the chain; ends with 1 where it is not whole")
        parser.add_argument("--head", default="", help="with --verify: the link that the chain must end with")
        parser.add_argument("--count", type=int, default=0, help="with --verify: how many facts there must be at least")

    def handle(self, *args: typing.Any, **options: typing.Any) -> None:
        person = people.named(options["user"]).pk
        if options["verify"]:
            self._verify(person, options["head"], options["count"])
        elif options["export"]:
            self._export(person, options["export"])
        else:
            self._show(person)

    def _show(self, person: int) -> None:
        runs = store.read_runs(person)
        if not runs:
            self.stdout.write("No model is registered: signals begin with the first session that they are followed in.")
            return
        rows = [HEADS, *(cells_of(run) for run in runs)]
        widths = [max(len(row[place]) for row in rows) for place in range(len(HEADS))]
        for row in rows:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        self.stdout.write("In brackets: how many outcomes a figure rests on. Not advice.")

    def _export(self, person: int, path: str) -> None:
        with _opened(path) as file:
            try:
                for line in export_lines(store.read_chain(person)):
                    file.write(line + b"\n")
            except ValueError as error:
                raise CommandError(f"The record cannot be read to its end ({error}). Try --verify.") from error

    def _verify(self, person: int, head: str, count: int) -> None:
        chain, faults = verify_person(person, now_ms(), head, count)
        for fault in faults:
            self.stderr.write(str(fault))
        if faults:
            raise CommandError(f"The chain is not whole: {len(faults)} faults.", returncode=1)
        self.stdout.write(f"The chain is whole: {chain.count} facts. Its head: {chain.head or MISSING}")


@contextlib.contextmanager
def _opened(path: str) -> Iterator[typing.BinaryIO]:
    """Open a file to write to; - is the standard output."""
    if path == "-":
        yield sys.stdout.buffer
        return
    try:
        with open(path, "wb") as file:
            yield file
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error.strerror}.") from error


def cells_of(run: ModelRun) -> tuple[str, ...]:
    """Return a model's line of the board as texts."""
    line = read_line(run.registration, run.score, run.standing, run.fault)
    figures = line.figures
    shut = next((gate.gate for gate in line.gates[:4] if not gate.is_open), "")
    return (
        line.model, line.version, line.state, f"{figures['scored'].count}",
        _counted(figures["hit_rate"], 100, " %"), _counted(figures["brier_skill"], 100, " %"),
        _counted(figures["net"]), _evidence(figures["log_knows"]), _evidence(figures["log_pays"]),
        _needed(figures["still_needed"], shut),
    )  # fmt: skip


def _counted(figure: BoardFigure, times: float = 1, unit: str = "") -> str:
    return MISSING if figure.value is None else f"{figure.value * times:.2f}{unit} ({figure.count})"


def _evidence(figure: BoardFigure) -> str:
    """Return an e-value; a large one as its power of ten."""
    log = figure.value
    if log is None:
        return MISSING
    return f"{math.exp(log):.2f}" if log < math.log(1e6) else f"10^{log / math.log(10):.1f}"


def _needed(figure: BoardFigure, shut: str) -> str:
    """Return what is needed still: sessions at the rate of the last ones, or the gate that is shut."""
    if figure.value is None:
        return "not at this rate" if figure.count > 1 else MISSING
    return f"{math.ceil(figure.value)} sessions" if figure.value else shut or MISSING
