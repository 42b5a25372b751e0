"""Every measurement runs and keeps what it has measured; a figure over its limit is an error."""

import asyncio
import pathlib
import sys

import msgspec
import pytest

from bench.results import Result, report

pytestmark = pytest.mark.process

SMALL = {
    "venue_load": ("--people=3", "--symbols=5", "--warm-up=0", "--seconds=1.5", "--windows=2", "--processes=1"),
    "adapter_cost": ("--symbols=5", "--warm-up=0", "--seconds=0.6"),
    "board_cost": ("--flushes=20", "--rounds=2"),
    "ledger_growth": ("--facts=2000", "--turns=2"),
    "market_cost": ("--rounds=2",),
    "chain_cost": ("--options=20", "--people=1", "--seconds=0.5", "--windows=1"),
}


@pytest.mark.parametrize("name", sorted(SMALL))
async def test_a_measurement_runs_and_is_kept(name: str, tmp_path: pathlib.Path):
    command = (sys.executable, "-m", f"bench.{name}", f"--results={tmp_path}", *SMALL[name])
    async with asyncio.timeout(60):
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        told, _ = await process.communicate()
    assert process.returncode == 0
    (file,) = await asyncio.to_thread(lambda: list(tmp_path.iterdir()))
    kept = msgspec.json.decode(file.read_bytes())
    assert kept["title"] in told.decode()
    assert len(kept["results"]) >= 3
    assert all(result["figure"] > 0 for result in kept["results"])


@pytest.mark.usefixtures("chromium_path")
async def test_the_desk_is_measured_in_a_browser(tmp_path: pathlib.Path):
    command = (
        sys.executable,
        "-m",
        "bench.desk_page",
        f"--results={tmp_path}",
        "--seconds=1",
        "--warm-up=0",
        "--speed=0.4",
    )
    async with asyncio.timeout(120):
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        told, _ = await process.communicate()
    (file,) = await asyncio.to_thread(lambda: list(tmp_path.iterdir()))
    found = {result["name"]: result["figure"] for result in msgspec.json.decode(file.read_bytes())["results"]}
    assert found["cells that are seen live"] >= 800
    for name in ("updates a second", "the first paint with content", "the first live value", "the heap at first"):
        assert found[name] > 0, told.decode()


async def test_systems_run_side_by_side_and_their_figures_are_kept(tmp_path: pathlib.Path):
    options = (
        "--quick",
        "--people=3",
        "--seconds=0.5",
        "--windows=1",
        "--systems",
        "tapedeck",
        "tapedeck 2+2",
        "daphne",
        "broadcast",
    )
    command = (sys.executable, "-m", "bench.transport", f"--results={tmp_path}", *options)
    async with asyncio.timeout(60):
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        told, _ = await process.communicate()
    assert process.returncode in (0, 1), "1: a claim does not hold, as may be under so little load"
    kept = msgspec.json.decode((tmp_path / "latest.json").read_bytes())
    rows = {(row["case"], row["system"]): row for row in kept["rows"]}
    for system in ("tapedeck", "daphne", "broadcast"):
        row = rows["20 symbols 10/s", system]
        assert 1 <= row["people"] <= 3, "a busy machine may hold fewer than it is asked to"
        assert row["updates_per_s"] > 5 * row["people"], "of 200 each: a busy machine may do little"
        assert row["cpu_us_per_update"] > 0
        assert 0 <= row["p50_ms"] <= row["p99_ms"]
        assert system in told.decode()
    assert {claim["name"] for claim in kept["claims"] if claim["figure"] is None} <= {"memory of a linked quiet person"}


def test_a_figure_over_its_limit_is_counted(tmp_path: pathlib.Path):
    results = [Result("slow", 61.0, "%", 60.0), Result("fast", 60.0, "%", 60.0), Result("told", 1e9, "MB")]
    assert report("Limits", results, tmp_path) == 1
