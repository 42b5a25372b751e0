"""`python -m simulator`: run the loopback venues until a signal ends them."""

import argparse
import asyncio
import ctypes
import logging
import math
import os
import pathlib
import signal
import sys

import msgspec

from simulator.archive.archive import ArchiveError
from simulator.news.story import FEEDS, FEEDS_PATH
from simulator.server import DEFAULT_PORT, DEFAULT_SEED, TOKEN_LIFETIME_S, Options, SimRunning, bind
from simulator.tastytrade.oauth.grants import CODE_S
from simulator.tastytrade.oauth.tokens import QUOTE_TOKEN_S

logger = logging.getLogger("simulator")
_PR_SET_PDEATHSIG = 1


def parser() -> argparse.ArgumentParser:
    """Return the command line's grammar, which `manage.py loopback` shares."""
    made = argparse.ArgumentParser(prog="python -m simulator", description="Run the simulated venues.")
    add_arguments(made)
    return made


def add_arguments(made: argparse.ArgumentParser) -> None:
    """Add this command's options to a parser."""
    made.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 picks a free one (default: %(default)s)")
    made.add_argument("--seed", type=int, default=DEFAULT_SEED, help="decides prices and grants (default: %(default)s)")
    made.add_argument("--speed", type=float, default=1.0, help="how fast the market moves (default: %(default)s)")
    made.add_argument(
        "--token-lifetime", type=float, default=TOKEN_LIFETIME_S, help="seconds an access token lives (%(default)s)"
    )
    made.add_argument(
        "--quote-lifetime", type=float, default=QUOTE_TOKEN_S, help="seconds a quote token lives (%(default)s)"
    )
    made.add_argument(
        "--code-lifetime", type=float, default=CODE_S, help="seconds an authorization code lives (%(default)s)"
    )
    made.add_argument(
        "--calendar", choices=("always", "real"), default="always", help="when the market moves (default: %(default)s)"
    )
    made.add_argument("--news", action="store_true", help="let the market make news, which move its prices")
    made.add_argument(
        "--edge", type=correlation, default=0.0, help="what sizes in books know of the next five minutes (0.15)"
    )
    made.add_argument("--actions", action="store_true", help="let companies pay dividends and split their shares")
    made.add_argument("--keep", type=pathlib.Path, help="keep what the venues know in this file, and go on from it")
    made.add_argument("--json", action="store_true", help="print one line of JSON once ready, and nothing else")
    made.add_argument("--write", type=pathlib.Path, help="write that line to this file while running")
    made.add_argument("--parent-death", action="store_true", help="end when the process that started this one ends")


def correlation(text: str) -> float:
    """Return the size of an edge. Raises ArgumentTypeError for one that is not from 0 to below 1."""
    try:
        size = float(text)
    except ValueError:
        size = math.nan
    if not 0.0 <= size < 1.0:
        raise argparse.ArgumentTypeError(f"an edge is a correlation from 0 to below 1, not {text}")
    return size


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or SIGINT. Returns the exit code."""
    given = parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    return run(given)


def run(given: argparse.Namespace) -> int:
    """Run with parsed arguments. Returns the exit code."""
    if given.parent_death:
        die_with_parent()
    options = Options(**{name: getattr(given, name) for name in Options.__struct_fields__})
    try:
        listener = bind(options.port)
    except OSError as error:
        print(f"Port {options.port} cannot be used: {error.strerror}. Choose another with --port.", file=sys.stderr)
        return 1
    code = 0
    try:
        asyncio.run(_serve(SimRunning(options, listener), given))
    except* ArchiveError as errors:
        print(f"The venues cannot go on: {first(errors)}", file=sys.stderr)
        code = 1
    finally:
        if given.write:
            given.write.unlink(missing_ok=True)
    return code


def first(error: BaseException) -> BaseException:
    """Return the first error of a group of them."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


async def _serve(running: SimRunning, given: argparse.Namespace) -> None:
    loop = asyncio.get_running_loop()
    for ending in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(ending, running.stop)
    async with asyncio.TaskGroup() as group:
        group.create_task(running.serve())
        await running.ready.wait()
        announce(running, given)


def announce(running: SimRunning, given: argparse.Namespace) -> None:
    """Say where the venues are."""
    line = msgspec.json.encode(running.line)
    if given.write:
        write_private(given.write, line + b"\n")
    if given.json:
        print(line.decode(), flush=True)
        return
    grants = running.line["tastytrade"]["grants"]
    print(f"Simulated tastytrade: {running.rest}  (Ctrl-C ends it)")
    print(f"Account stream:       {running.line['tastytrade']['account_stream']}")
    for grant in grants:
        print(f"\nAccounts      {', '.join(grant['accounts'])}")
        print(f"Client secret {grant['client_secret']}\nRefresh token {grant['refresh_token']}")
    tradier = running.line["tradier"]
    print(f"\nSimulated Tradier:    {tradier['rest']}/v1  (sandbox: {tradier['sandbox']['rest']}/v1)")
    print(f"Market stream:        {tradier['market_socket']}\nAccount stream:       {tradier['account_stream']}")
    for grant in tradier["grants"]:
        print(f"\nAccounts      {', '.join(grant['accounts'])} ({grant['environment']})")
        print(f"Data token    {grant['data_token']}\nTrading token {grant['trading_token']}")
    alpaca = running.line["alpaca"]
    print(f"\nSimulated Alpaca:     {alpaca['rest']}/v2\nAccount stream:       {alpaca['account_stream']}")
    for grant in alpaca["grants"]:
        print(f"\nAccount       {', '.join(grant['accounts'])}")
        print(f"Key id        {grant['key_id']}\nSecret key    {grant['secret_key']}")
    news = running.line["news"]
    print(f"\nSimulated news:       {news['alpaca']['socket']}\nFinnhub:              {news['finnhub']['rest']}/news")
    print(f"Feeds:                {news['rest']}{FEEDS_PATH}/ and one of {', '.join(FEEDS)}")
    for grant in news["grants"]:
        print(f"\nKey id        {grant['key_id']} (as at Alpaca)\nToken         {grant['token']}")
    sys.stdout.flush()


def write_private(path: pathlib.Path, content: bytes) -> None:
    """Write a file only its owner can read, at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(content)
    draft.replace(path)


def die_with_parent(parent: int | None = None) -> None:
    """Ask Linux to end this process when its parent ends, at once if `parent` is no more. Elsewhere do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if parent is not None and os.getppid() != parent:
            signal.raise_signal(signal.SIGTERM)


if __name__ == "__main__":
    raise SystemExit(main())
