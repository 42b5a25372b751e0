"""What can break, by name: each strike breaks one thing of a world for its time and lets it be whole again."""

import contextlib
import dataclasses
import sqlite3
import time
import typing

from tests.scenarios.faults.processes import Process
from tests.scenarios.faults.world import World
from tests.support.eventually import eventually

COME_BACK = {1012, 4012}
"""What a socket is closed with when its process ends in good order, or the plain dialect begins anew."""
BACK_S = 60.0
"""How long a process may take until it has its heir."""


@dataclasses.dataclass(frozen=True)
class Strike:
    """One kind of fault. `hit(world, scale)` returns when it is over; durations are times `scale`.

    `live_s`: within which time of its end every client has to be live again. `streams`: whether it needs processes
    that host only; `database`: the one it is about.
    """

    name: str
    hit: typing.Callable[[World, float], None]
    live_s: float = 10.0
    streams: bool = False
    database: str = ""
    owners: int = 1
    """How many may be at the venue at once, at most, for one person."""

    def fits(self, world: World) -> bool:
        """Whether it can hit this world."""
        return (not self.streams or world.plan.streams > 0) and self.database in ("", world.plan.database)


STRIKES: dict[str, Strike] = {}


def strike(name: str, **options: typing.Any) -> typing.Callable[[typing.Any], typing.Any]:
    """Enter a function into STRIKES."""

    def enter(hit: typing.Any) -> typing.Any:
        STRIKES[name] = Strike(name, hit, **options)
        return hit

    return enter


# The layer


def kill_layer(world: World, seconds: float) -> None:
    """End it, and start it again, empty."""
    world.layer.kill()
    time.sleep(seconds)
    world.layer.start()


strike("redis-killed-2s")(lambda world, scale: kill_layer(world, 2 * scale))
strike("redis-killed-30s")(lambda world, scale: kill_layer(world, 30 * scale))


@strike("redis-stopped-7s")
def stop_layer(world: World, scale: float) -> None:
    """Stop it where it stands."""
    with world.layer.process.stopped():
        time.sleep(7 * scale)


@strike("redis-flushed")
def flush_layer(world: World, scale: float) -> None:
    """Empty it."""
    world.layer.flush()


@strike("redis-clients-killed")
def kill_clients(world: World, scale: float) -> None:
    """Close all its connections."""
    world.layer.kill_clients()


@strike("redis-half-open")
def swallow_layer(world: World, scale: float) -> None:
    """Let its machine vanish without a word: what is sent there is swallowed, and nothing that was open comes back."""
    with world.proxy.treating(swallow=True):
        time.sleep(20 * scale)


# Processes


def busiest_web(world: World) -> str:
    """The web process that holds most connections."""
    return max((held.sockets, name) for name, held in world.processes.items() if name.startswith("web"))[1]


def kill(world: World, name: str) -> None:
    """End a process at once; its supervisor replaces it."""
    world.processes[name].kill()


def expect_good_order(world: World, told: list[int]) -> None:
    """Expect of every socket that ended since `told` (how many had ended, of each client) that it was told why."""
    closes = {code for client, before in zip(world.clients, told, strict=True) for code in client.closes[before:]}
    world.expect(closes <= COME_BACK, f"sockets were closed with {closes}")


def terminate(world: World, name: str) -> None:
    """Let a process drain and end, and be replaced."""
    former = world.processes[name]
    told = [len(client.closes) for client in world.clients]
    former.terminate()
    former.wait()
    expect_good_order(world, told)


strike("web-killed")(lambda world, _: kill(world, busiest_web(world)))
strike("web-terminated")(lambda world, _: terminate(world, busiest_web(world)))
strike("host-killed", live_s=20.0, streams=True)(lambda world, _: kill(world, world.owner))
strike("host-terminated", streams=True)(lambda world, _: terminate(world, world.owner))


@contextlib.contextmanager
def stopped_between_writes(world: World, process: Process) -> typing.Iterator[None]:
    """Keep a process stopped, but not while it has the only right to write: with SQLite all others would stop too."""
    while True:
        with process.stopped():
            if world.writable:
                yield
                return


@strike("host-stopped-40s", streams=True, owners=2)
def stop_host(world: World, scale: float) -> None:
    """Stop the owner for longer than it may stay the owner, and let it go on: it must find that it is not any more."""
    former = world.processes[world.owner]
    with stopped_between_writes(world, former):
        time.sleep(40 * scale)
        world.wait_until_live(within=20)
        taken = world.look()
    time.sleep(10 * scale)
    after = world.look()
    world.expect(after.refreshes == taken.refreshes, f"a revived owner refreshed its token: {taken} {after}")
    world.expect(after.streams <= 1 and after.alerts <= 1, f"two owners are at the venue: {after}")


@strike("web-stalled-3s")
def stall_web(world: World, scale: float) -> None:
    """Let the event loop of a web process do nothing."""
    world.processes[busiest_web(world)].stall()
    time.sleep(world.plan.stall_s)


@strike("host-stalled-3s")
def stall_host(world: World, scale: float) -> None:
    """Let the event loop of the owner do nothing."""
    world.processes[world.owner].stall()
    time.sleep(world.plan.stall_s)


@strike("rolling-restart")
def restart_all(world: World, scale: float) -> None:
    """Replace every process, one after the other, as an upgrade does."""
    before = world.processes
    failed = len(world.caller.failed)
    told = [len(client.closes) for client in world.clients]
    world.restart()
    eventually(
        lambda: not {one.pid for one in before.values()} & {one.pid for one in world.processes.values()},
        within=BACK_S * len(before), saying=lambda: world.desk.log[-3000:],
    )  # fmt: skip
    expect_good_order(world, told)
    world.expect(world.caller.failed[failed:] == [], f"requests failed: {world.caller.failed[failed:][:5]}")


# The database


@strike("postgresql-stopped-10s", database="postgresql")
def stop_postgresql(world: World, scale: float) -> None:
    """Stop it as an administrator does, and start it again."""
    assert world.postgresql is not None
    world.postgresql.stop()
    time.sleep(10 * scale)
    world.postgresql.start()


@strike("sqlite-held-10s", database="sqlite")
def hold_sqlite(world: World, scale: float) -> None:
    """Keep its only right to write."""
    with contextlib.closing(sqlite3.connect(world.sqlite, isolation_level=None, timeout=20)) as held:
        held.execute("BEGIN IMMEDIATE")
        time.sleep(10 * scale)
        held.execute("ROLLBACK")


# Owners


def revoke(world: World) -> None:
    """Take the owner's right away behind its back: whoever is willing claims the person at once."""
    world.tell("UPDATE streaming_ownership SET host = NULL, epoch = epoch + 1")


@strike("two-hosts-claim", streams=True)
def let_two_claim(world: World, scale: float) -> None:
    """Let all hosts run for the right to one person, several times."""
    for _ in range(5):
        revoke(world)
        time.sleep(1.0 * scale)


@strike("clock-ahead-61s", streams=True, owners=2)
def own_by_a_wrong_clock(world: World, scale: float) -> None:
    """Let a host whose clock is ahead come, own the person for a while, and leave."""
    hosts = [held for name, held in world.processes.items() if name.startswith("streams")]
    with world.guest("ahead", FAULTS_AHEAD_S="61"):
        with contextlib.ExitStack() as others:
            for host in hosts:
                others.enter_context(stopped_between_writes(world, host))
            revoke(world)
            eventually(lambda: world.owner == "ahead", within=BACK_S, saying=lambda: world.desk.log[-3000:])
        time.sleep(5 * scale)
