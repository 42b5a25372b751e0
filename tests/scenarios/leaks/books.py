"""The books of a whole desk: of each of its processes, and of what its servers know of them."""

import typing

import psycopg
import redis

from config import valkey
from tests.scenarios.leaks.place import FILES, Book, look
from tests.support.desk import Desk
from tests.support.eventually import eventually

SETTLE_S = 40.0
"""How long a desk may take to let go of what nobody holds any more."""
POOL = 6
"""Threads, and connections, that pools open one by one up to their bounds, as chance has it."""
SPARE: dict[str, float] = {
    "bytes": 400_000,  # caches of the interpreter and of libraries still fill a little
    "uvloop_#": POOL,
    "tapedeck.sqlite#": POOL,
    "tapedeck.sqlite#-wal": POOL,
    "socket:[#]": POOL,
    "connections": POOL,
    "ThreadPoolExecutor-#_#": 1,  # asgiref's, with the first link that a process owns
    "config.postgresql.connection.Connection": POOL,
    "lib.percentiles.LatencyHistogram": 8,  # one of each topic that was ever followed
    "streaming.ownership.rows.Owner": 4,  # of those who were looked for last
    "streaming.telemetry.meters._Reading": 2,  # of the last few seconds
}
"""What may be held more than before, by kind: all of it bounded, however many come and go."""

Books = dict[str, Book]


def read(desk: Desk) -> Books:
    """Return the books of every process of a desk that has a runtime, of its layer, and of its database server."""
    books = {name: look(desk.run_dir, pid) for name, pid in pids(desk).items()}
    return {**books, "layer": {"held": _layer(desk)}, "database": {"held": _database(desk)}}


def pids(desk: Desk) -> dict[str, int]:
    """Return the processes of a desk by name."""
    assert desk.server.process is not None
    return desk.children or {"web": desk.server.process.pid}


def _layer(desk: Desk) -> dict[str, float]:
    url = desk.environment.get("REDIS_URL") or valkey.url(desk.run_dir)
    with redis.Redis.from_url(url) as server:
        channels = server.pubsub_channels()
        return {
            "clients": len(server.client_list()),
            "channels": len(channels),
            "subscriptions": sum(heard for _, heard in server.pubsub_numsub(*channels)),
            "patterns": server.pubsub_numpat(),
        }


def _database(desk: Desk) -> dict[str, float]:
    """Return the connections to a database server; those to SQLite are among the descriptors of the processes."""
    url = desk.environment.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        return {}
    with psycopg.connect(url) as server:
        asked = server.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()").fetchone()
    return {"connections": asked[0] if asked else 0}


def grown(before: Books, after: Books) -> dict[str, tuple[float, float]]:
    """Return what is held more `after` than `before`, of each kind, and how much of it there was and is."""
    found = {}
    for process, chapters in after.items():
        for chapter, kinds in chapters.items():
            if chapter == FILES:
                continue
            known = before[process][chapter]
            for kind, held in kinds.items():
                if held > known.get(kind, 0) + SPARE.get(kind, 0):
                    found[f"{process} {chapter} {kind}"] = (known.get(kind, 0), held)
    return found


def where(before: Books, after: Books) -> list[tuple[float, str]]:
    """Return what took most of the memory that was taken since: how many bytes, and the process and file."""
    taken = [
        (held - before[process][FILES].get(file, 0), f"{process} {file}")
        for process, chapters in after.items()
        for file, held in chapters.get(FILES, {}).items()
    ]
    return sorted(taken, reverse=True)[:6]


def somebody(found: Books) -> dict[str, float]:
    """Return what is there of people: of a desk that nobody watches there is no socket and no board."""
    kinds = (
        "streaming.sockets.socket.Socket", "streaming.host.hosted_person.HostedPerson", "streaming.board.board.Board",
    )  # fmt: skip
    processes = [(name, chapters["objects"]) for name, chapters in found.items() if "objects" in chapters]
    return {f"{name} {kind}": objects[kind] for name, objects in processes for kind in kinds if kind in objects}


def settled(desk: Desk) -> Books:
    """Return the books once nobody is there, and two readings in a row differ in nothing that may not grow."""
    last = [read(desk)]

    def restless() -> typing.Any:
        return {**somebody(last[-1]), **grown(last[-2], last[-1]), **grown(last[-1], last[-2])}

    def calm() -> bool:
        last.append(read(desk))
        return not restless()

    eventually(calm, within=SETTLE_S, saying=restless)
    return last[-1]


def assert_returned(desk: Desk, before: Books) -> Books:
    """Wait until nobody is there, and nothing is held that was not held before; return the books of then."""
    after = [before]

    def left() -> typing.Any:
        return {**somebody(after[-1]), **grown(before, after[-1])}

    def said() -> str:
        return f"{left()}\nmost memory: {where(before, after[-1])}"

    def returned() -> bool:
        after.append(read(desk))
        return not left()

    eventually(returned, within=SETTLE_S, saying=said)
    return after[-1]
