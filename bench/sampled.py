"""Runs a program and samples what its main thread does: `python -m bench.sampled manage.py up …`.

Every millisecond of CPU time the running stack is noted. SIGUSR1 begins anew, SIGUSR2 writes what was noted into the
file that BENCH_SAMPLES names: a line per stack, innermost last, and how often it was seen.
"""

import collections
import os
import pathlib
import runpy
import signal
import sys
import types

EVERY_S = 0.001
seen: collections.Counter[tuple[types.CodeType | int, ...]] = collections.Counter()


def sample(number: int, frame: types.FrameType | None) -> None:
    """Note the running stack, with the line of the innermost function."""
    stack: list[types.CodeType | int] = [] if frame is None else [frame.f_lineno]
    while frame is not None:
        stack.append(frame.f_code)
        frame = frame.f_back
    seen[tuple(stack)] += 1


def begin(number: int, frame: types.FrameType | None) -> None:
    """Forget what was noted."""
    seen.clear()


def write(number: int, frame: types.FrameType | None) -> None:
    """Write what was noted since."""
    lines = []
    for (line, *stack), times in seen.most_common():
        places = [f"{code.co_filename}:{code.co_qualname}" for code in stack if isinstance(code, types.CodeType)]
        lines.append(";".join([*reversed(places), str(line)]) + f" {times}\n")
    part = pathlib.Path(os.environ["BENCH_SAMPLES"] + ".part")
    part.write_text("".join(lines))
    part.rename(os.environ["BENCH_SAMPLES"])


if __name__ == "__main__":
    signal.signal(signal.SIGPROF, sample)
    signal.signal(signal.SIGUSR1, begin)
    signal.signal(signal.SIGUSR2, write)
    signal.setitimer(signal.ITIMER_PROF, EVERY_S, EVERY_S)
    sys.argv = sys.argv[1:]
    sys.path.insert(0, str(pathlib.Path.cwd()))
    runpy.run_path(sys.argv[0], run_name="__main__")
