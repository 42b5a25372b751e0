"""How a measurement is shown and kept: a plain table on the terminal, the same as JSON in `bench/results/`."""

import argparse
import datetime
import pathlib
import platform
import typing

import msgspec

FOLDER = pathlib.Path(__file__).parent / "results"


class Result(msgspec.Struct):
    """One measurement. `limit` is what `figure` may be at most; None: it is only told."""

    name: str
    figure: float
    unit: str
    limit: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the figure stays within its limit."""
        return self.limit is None or self.figure <= self.limit


def grammar(module: str, description: str | None) -> argparse.ArgumentParser:
    """Return the command line of a measurement, with what all have in common."""
    made = argparse.ArgumentParser(
        prog=f"python -m {module}", description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("--results", type=pathlib.Path, default=FOLDER, help="where the JSON goes (%(default)s)")
    return made


def report(title: str, results: typing.Sequence[Result], folder: pathlib.Path) -> int:
    """Print and keep what was measured. Returns how many figures are over their limit."""
    width = max(len(result.name) for result in results)
    print(f"\n{title}")
    for result in results:
        limit = "" if result.limit is None else f"  at most {result.limit:g}: {'yes' if result.is_met else 'NO'}"
        print(f"  {result.name:<{width}}  {result.figure:>12,.1f} {result.unit}{limit}")
    now = datetime.datetime.now(datetime.UTC)
    folder.mkdir(exist_ok=True)
    kept = {"title": title, "at": now.isoformat(), "python": platform.python_version(), "results": results}
    name = title.lower().replace(" ", "_")
    (folder / f"{name}-{now:%Y%m%d-%H%M%S}.json").write_bytes(msgspec.json.format(msgspec.json.encode(kept)))
    return sum(not result.is_met for result in results)


class Row(msgspec.Struct):
    """One system under one load; rows of the same case are comparable. Shares are in percent of a core."""

    case: str
    system: str
    people: int
    people_asked: int
    symbols: int
    rate: float
    cpu_us_per_update: float | None = None
    cpu_us_least: float | None = None
    cpu_us_most: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    kb_per_person: float | None = None
    kb_per_socket: float | None = None
    updates_per_s: float | None = None
    updates_per_message: float | None = None
    server_percent: float | None = None
    venue_percent: float | None = None
    clients_percent: float | None = None
    clients_lag_ms: float | None = None
    waited_percent: float | None = None
    saturated: bool = False


class Claim(msgspec.Struct):
    """What is claimed of a figure: at most `limit`, or at least if `least`. No figure: it could not be measured."""

    name: str
    figure: float | None
    unit: str
    limit: float
    least: bool = False

    @property
    def is_met(self) -> bool:
        """Whether it holds."""
        if self.figure is None:
            return False
        return self.figure >= self.limit if self.least else self.figure <= self.limit


STARVED_PERCENT = 15.0
"""A server that waited longer for a core met a machine that was too busy for its figures to mean much."""

COLUMNS: tuple[tuple[str, str, int, str], ...] = (
    ("people", "people", 6, ""),
    ("updates_per_s", "upd/s", 7, ",.0f"),
    ("cpu_us_per_update", "µs/upd", 8, ".1f"),
    ("cpu_us_least", "least", 7, ".1f"),
    ("cpu_us_most", "most", 7, ".1f"),
    ("p50_ms", "p50 ms", 7, ".0f"),
    ("p99_ms", "p99 ms", 7, ".0f"),
    ("kb_per_person", "KB/pers", 8, ".0f"),
    ("kb_per_socket", "KB/sock", 8, ".0f"),
    ("updates_per_message", "upd/msg", 8, ".1f"),
    ("server_percent", "server%", 8, ".0f"),
    ("venue_percent", "venue%", 7, ".0f"),
    ("clients_percent", "client%", 8, ".0f"),
    ("clients_lag_ms", "lag ms", 7, ".0f"),
)


def show(rows: typing.Sequence[Row], claims: typing.Sequence[Claim]) -> None:
    """Print the table, then what is claimed and whether it holds."""
    print(f"\n{'case':<22}{'system':<11}" + "".join(f"{title:>{width}}" for _, title, width, _ in COLUMNS))
    for row in rows:
        print(f"{row.case:<22}{row.system:<11}" + "".join(cell(row, *column) for column in COLUMNS) + remark(row))
    for claim in claims:
        figure = "not measured" if claim.figure is None else f"{claim.figure:,.1f} {claim.unit}"
        sense = "at least" if claim.least else "at most"
        print(f"  {claim.name:<68} {figure:>14}  {sense} {claim.limit:g}: {'yes' if claim.is_met else 'NO'}")


def cell(row: Row, name: str, title: str, width: int, form: str) -> str:
    """Return one cell of the table."""
    value = getattr(row, name)
    return f"{'' if value is None else format(value, form):>{width}}"


def remark(row: Row) -> str:
    """Return what is to be said of a row."""
    if row.saturated:
        return "  saturates"
    said = "" if row.people == row.people_asked else f"  scaled down from {row.people_asked}"
    return f"{said}  starved by other work" if (row.waited_percent or 0) > STARVED_PERCENT else said


def keep(rows: typing.Sequence[Row], claims: typing.Sequence[Claim], folder: pathlib.Path) -> None:
    """Write the rows as `latest.json`."""
    folder.mkdir(exist_ok=True)
    now = datetime.datetime.now(datetime.UTC)
    judged = [{**msgspec.structs.asdict(claim), "is_met": claim.is_met} for claim in claims]
    kept = {"at": now.isoformat(), "python": platform.python_version(), "rows": rows, "claims": judged}
    (folder / "latest.json").write_bytes(msgspec.json.format(msgspec.json.encode(kept)))
