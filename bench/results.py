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
