"""Runs the tests that need no browser at six hours of New York: `python -m tests.hours [--whole] [NAME ...]`.

Quick tests are run at each hour. The others, which start processes or take seconds, and the files that take longest
are shared out: each is run at one hour, since all of them at every hour take half an hour. `--whole` runs them so. A
moment of one's own, as in 2026-11-24T00:05-05:00, takes the place of the six, and every test is run at it.

Every process of a run sees the hour, desks, venues and databases too: libfaketime stands before the C library in all
of them and moves the wall clock by the same distance. So time goes on as always, across a change of the clocks too.
Timers, and what the file system says, are left alone. Its library comes from the package of this name, or from
LIBFAKETIME=. What fails at first is tried once more, with nothing of its hour beside it, from just before it failed.
"""

import concurrent.futures
import contextlib
import datetime
import glob
import importlib.util
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import typing

from config.env import BASE_DIR

AT_ONCE = os.environ.get("HOURS_AT_ONCE", "4")
"""Processes of tests in each hour: most of them wait."""
SIDE_BY_SIDE = int(os.environ.get("HOURS_SIDE_BY_SIDE", "1"))
"""Hours that are run at the same time: on two cores two take as long as one after the other."""
LEAD_S = 6.0
"""How long before a test failed its second try begins: about what pytest needs until then."""
BOUND_S = 1_800.0
"""How long one run may take, whatever happens."""
END_S = 10.0
"""How long it may take to end."""
WHOLE = "--whole"
"""Every test at every hour."""


class Hour(typing.NamedTuple):
    """A moment from which the tests are run, and what is special about it."""

    name: str
    start: str
    what: str

    @property
    def moment(self) -> float:
        """Seconds since the epoch."""
        return datetime.datetime.fromisoformat(self.start).timestamp()


HOURS = (
    Hour("monday", "2026-11-16T02:00:00-05:00", "a Monday in the small hours: nothing was traded for days"),
    Hour("friday", "2026-10-16T17:30:00-04:00", "after a Friday's close, on which the options of the month expired"),
    Hour("sunday", "2026-10-18T12:00:00-04:00", "a Sunday noon: not even futures trade"),
    Hour("holiday", "2026-09-08T08:00:00-04:00", "the morning after Labor Day, before the bell"),
    Hour("doubled", "2026-11-01T01:58:45-04:00", "a minute before the clocks go back: the next hour comes twice"),
    Hour("missing", "2026-03-08T01:58:45-05:00", "a minute before the clocks go forward: the next hour is left out"),
)

PROBE = """
import datetime, json, sqlite3, subprocess, sys, threading, time
began = time.monotonic()
time.sleep(0.05)
threading.Event().wait(0.05)
told = [time.time(), datetime.datetime.now(datetime.UTC).timestamp()]
told += [sqlite3.connect(":memory:").execute("SELECT unixepoch()").fetchone()[0]]
told += [float(subprocess.check_output([sys.executable, "-c", "import time; print(time.time())"]))]
print(json.dumps({"walls": told, "took": time.monotonic() - began, "monotonic": began}))
"""
"""What a process does that must be right at a faked hour, and what its clocks say."""


def libraries() -> list[str]:
    """Return where a libfaketime may be on this machine, the likeliest first."""
    if chosen := os.environ.get("LIBFAKETIME"):
        return [chosen]
    package = importlib.util.find_spec("libfaketime")
    folders = (package.submodule_search_locations if package else None) or ()
    carried = [f"{folder}/vendor/libfaketime/src/libfaketime.so.1" for folder in folders]
    systems = ("/usr/lib*/faketime", "/usr/lib*/*/faketime")  # not every folder below: there are links in a circle
    return carried + sorted(found for folder in systems for found in glob.glob(f"{folder}/libfaketimeMT.so.1"))


def at(library: str, moment: float) -> dict[str, str]:
    """Return the variables of processes that begin at `moment`, in seconds since the epoch."""
    return {
        **os.environ,
        "LD_PRELOAD": library,
        "FAKETIME": f"{moment - time.time():+.3f}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # else a thread that waits for Python's lock spins, and slows all others
        "NO_FAKE_STAT": "1",
        "TZ": "UTC",
    }


def fault(library: str) -> str:
    """Return what is wrong with a library on this machine; nothing is wrong with one that can be used."""
    moment = HOURS[0].moment
    done = subprocess.run([sys.executable, "-c", PROBE], env=at(library, moment), capture_output=True, text=True)
    if done.returncode or done.stderr:
        return done.stderr.strip().rpartition("\n")[2] or f"ended with {done.returncode}"
    told = json.loads(done.stdout)
    if not all(moment - 1 <= wall < moment + 60 for wall in told["walls"]):
        return "not every process sees the hour"
    if abs(told["monotonic"] - time.monotonic()) > 60 or told["took"] > 30:
        return "it moves the timers too"
    return ""


def usable() -> str:
    """Return the library to use. Says by name what is missing."""
    tried = []
    for library in libraries():
        if not (reason := fault(library)):
            return library
        tried.append(f"\n  {library}: {reason}")
    raise SystemExit(
        "Missing: a libfaketime that works with this Python (Debian 13: apt-get install libfaketime). "
        "LIBFAKETIME= may name its library." + "".join(tried)
    )


# One hour


class Failed(typing.NamedTuple):
    """A test that failed, and when it began by its clock."""

    test: str
    began: float


class Outcome(typing.NamedTuple):
    """What came of one run of pytest."""

    code: int
    passed: int
    failed: list[Failed]


class Report:
    """A plugin of pytest that writes down what came of a run, for whoever started it."""

    def __init__(self, file: pathlib.Path) -> None:
        self._file = file
        self._passed = 0
        self._failed: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: typing.Any) -> None:
        """Count one more."""
        self._passed += report.passed and report.when == "call"
        if report.failed:
            self._failed.setdefault(report.nodeid, report.start)

    def pytest_sessionfinish(self) -> None:
        """Write it down."""
        self._file.write_text(json.dumps({"passed": self._passed, "failed": list(self._failed.items())}))


def pytest_configure(config: typing.Any) -> None:
    """Report to who asked for it; the processes of xdist report to the one that started them."""
    if (file := os.environ.get("HOURS_REPORT")) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Report(pathlib.Path(file)), "hours-report")


def run_tests(library: str, moment: float, folder: pathlib.Path, *options: str) -> Outcome:
    """Run pytest with `options` from `moment` on; what it says goes to a file in `folder`."""
    report = folder / "report.json"
    report.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.hours", "-p", "no:cacheprovider", *options]
    command += ["--basetemp", str(folder / "t")]  # short: the address of a socket has room for 100 characters
    variables = at(library, moment) | {"HOURS_REPORT": str(report)}
    with (folder / "log").open("ab") as log, clean_memory():
        code = run_bounded(command, variables, log)
    if code is None:
        return Outcome(1, 0, [Failed(f"nothing came of it within {BOUND_S:g} s", moment)])
    if not report.exists():
        return Outcome(code or 1, 0, [Failed("nothing: pytest itself ended early", moment)])
    told = json.loads(report.read_bytes())
    return Outcome(code, told["passed"], [Failed(*one) for one in told["failed"]])


_running: set["subprocess.Popen[bytes]"] = set()
"""What runs now: when this program is told to end, each is, and the thread that waits for it goes on."""


def run_bounded(command: list[str], variables: dict[str, str], log: typing.BinaryIO) -> int | None:
    """Run a command in a group of its own; return its exit code, None when it took too long. Nothing of it is left."""
    process = subprocess.Popen(
        command, cwd=BASE_DIR, env=variables, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
    )
    _running.add(process)
    try:
        return process.wait(BOUND_S)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(END_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        _running.discard(process)


@contextlib.contextmanager
def clean_memory() -> typing.Iterator[None]:
    """Take away what libfaketime leaves in shared memory of processes that were killed."""
    try:
        yield
    finally:
        for file in pathlib.Path("/dev/shm").glob("*faketime_s*_*"):  # noqa: S108 -- where it keeps them
            if not pathlib.Path("/proc", file.name.rpartition("_")[2]).exists():
                file.unlink(missing_ok=True)


def run_hour(library: str, hour: Hour, files: typing.Sequence[str], *, whole: bool) -> bool:
    """Run the tests of one hour, its share or the `whole`, and print what came of it. Returns whether it is well."""
    with tempfile.TemporaryDirectory(prefix="h-") as folder:
        return _run_hour(library, hour, pathlib.Path(folder), files, whole=whole)


def _run_hour(library: str, hour: Hour, folder: pathlib.Path, files: typing.Sequence[str], *, whole: bool) -> bool:
    began = time.monotonic()
    side_by_side = ["-n", AT_ONCE, "--dist", "loadfile", "--no-loadscope-reorder"]
    share = [] if whole else ["--share", f"{HOURS.index(hour)}/{len(HOURS)}"]
    outcome = run_tests(library, hour.moment, folder, "--select", "no-browser", *share, *side_by_side, *files)
    failed = outcome.failed
    if outcome.code == 1 and failed and "::" in failed[0].test:
        first = min(one.began for one in failed)
        again = run_tests(library, first - LEAD_S, folder, *(one.test for one in failed))
        failed = again.failed
        for one in outcome.failed:
            if one.test not in {other.test for other in failed}:
                print(f"    passed the second time: {one.test}")
        outcome = outcome._replace(passed=outcome.passed + again.passed, code=again.code)
    took = time.monotonic() - began
    print(
        f"{hour.name:8} {outcome.passed:5} passed {len(failed):3} failed {took:6.0f} s   {hour.start}: {hour.what}",
        flush=True,
    )
    for one in failed:
        print(f"    failed: {one.test}")
    if outcome.code:
        print((folder / "log").read_text(errors="replace")[-20_000:])
    return outcome.code == 0


def own_hours(arguments: typing.Iterable[str]) -> list[Hour]:
    """Return the moments that are named by their time; one without an offset is UTC."""
    found = []
    for argument in arguments:
        with contextlib.suppress(ValueError):
            moment = datetime.datetime.fromisoformat(argument)
            start = (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).isoformat()
            found.append(Hour("own", start, "a moment that was asked for"))
    return found


def main(arguments: list[str]) -> int:
    """Run the hours that are named, or all; paths of tests limit them to these, which are run whole."""
    own = [argument for argument in arguments if own_hours([argument])]
    names = {hour.name for hour in HOURS} & set(arguments)
    files = [argument for argument in arguments if argument not in names | {WHOLE, *own}]
    if missing := [file for file in files if not (BASE_DIR / file.partition("::")[0]).exists()]:
        raise SystemExit(f"{missing[0]!r} is neither an hour ({', '.join(hour.name for hour in HOURS)}) nor a test")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # ends what runs, as Ctrl-C does
    library, began = usable(), time.monotonic()
    whole = bool(files or own) or WHOLE in arguments
    chosen = own_hours(own) or [hour for hour in HOURS if not names or hour.name in names]
    with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        hours = [threads.submit(run_hour, library, hour, files, whole=whole) for hour in chosen]
        try:
            results = [hour.result() for hour in hours]
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            for process in _running.copy():
                process.terminate()
            raise
    print(f"{sum(results)} of {len(results)} hours are well, in {(time.monotonic() - began) / 60:.1f} minutes")
    return 0 if all(results) else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
