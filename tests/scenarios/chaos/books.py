"""Three books over many acts on orders in worlds that break: `python -m tests.scenarios.chaos.books --acts 100000`.

A world of two web and two streaming processes lives so many acts of one seed at all venues, while venues and wires, the
layer, the database and the desk's own processes fail as the seed has it. Then all is quiet, and the books are compared.
"""

import argparse
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import threading
import time

from tests.scenarios.chaos.__main__ import KEPT
from tests.scenarios.faults.strikes import STRIKES, Strike
from tests.scenarios.faults.world import Plan
from tests.scenarios.three_books.template import make_linked
from tests.scenarios.three_books.trouble import Trouble
from tests.scenarios.three_books.whole import WholeWorld
from tests.support.backends import DATABASES, LAYERS

AGREED_S = 180.0
"""A venue that counts requests may not be asked again within a minute."""
STRIKE_EVERY = 35
"""Acts between two faults of venues and wires, on average."""


def main() -> int:
    """Run chaos. Returns the exit code: 1 when books differ."""
    parser = argparse.ArgumentParser("tests.scenarios.chaos.books", description=__doc__)
    parser.add_argument("--acts", type=int, default=100_000, help="on orders, in all worlds together")
    parser.add_argument("--each", type=int, default=5_000, help="in one world")
    parser.add_argument("--rate", type=float, default=60.0, help="a second")
    parser.add_argument("--seed", type=int, default=1, help="of the first world; each has the next one")
    parser.add_argument("--scale", type=float, default=0.2, help="what durations of faults are multiplied by")
    parser.add_argument("--database", choices=DATABASES, default="sqlite")
    parser.add_argument("--layer", choices=LAYERS[1:], default="valkey-tcp")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chaos-books-") as folder:
        template = make_linked(pathlib.Path(folder) / "linked") if given.database == "sqlite" else None
        worlds = range(-(-given.acts // given.each))
        wrong = [n for n in worlds if not lived(given, given.seed + n, pathlib.Path(folder) / str(n), template)]
    print(f"{given.acts} acts in {len(worlds)} worlds, books differ in {len(wrong)}", flush=True)
    return 1 if wrong else 0


def lived(given: argparse.Namespace, seed: int, folder: pathlib.Path, template: pathlib.Path | None) -> bool:
    """Let one world live, and say what came of it. Returns whether its books agree; one whose do not is kept."""
    folder.mkdir()
    plan = Plan(
        seed=seed, database=given.database, layer=given.layer, facts=2, symbols=2, speed=0.4,
        limits={"beacon_s": 0.5, "deaf_s": 1.25, "want_ttl_s": 2.5, "lease_s": 3.75},
    )  # fmt: skip
    agrees = False
    try:
        with WholeWorld(folder, plan, template) as world:
            agrees = live(world, given, seed)
            world.desk.stop_server(signal.SIGKILL)  # nobody needs it any more
    except AssertionError as error:
        print(f"seed {seed}: the world broke: {str(error)[:2000]}", flush=True)
    if not agrees:
        KEPT.mkdir(parents=True, exist_ok=True)
        shutil.move(folder, KEPT / f"books-{seed}-{time.time_ns()}")
    return agrees


def live(world: WholeWorld, given: argparse.Namespace, seed: int) -> bool:
    """Live, suffer, compare, and say what came of it. Returns whether the books agree."""
    begun, library = time.monotonic(), world.library
    library.live(given.each, given.rate, seed)
    trouble = Trouble(library, seed, given.each, given.each // STRIKE_EVERY, given.each // 2500, world.die)
    hits = suffer(world, trouble, random.Random(f"{seed}:strikes"), given.scale)
    found = world.settled(AGREED_S)
    facts = library.facts()
    told = f"{library.acts_wanted} acts, {len(facts)} facts, {sum('recovered' in fact for fact in facts)} recovered"
    faults = f"{len(trouble.struck)} faults at venues, {len(hits)} at home ({', '.join(sorted(set(hits)))})"
    lost = f"{len(found.lost)} lost, {len(found.doubled)} doubled, {len(found.wrong)} wrong"
    print(f"seed {seed}: {told}; {faults}; {lost}; {time.monotonic() - begun:.0f} s", flush=True)
    if found:
        print(f"  {found}", flush=True)
    return not found


def suffer(world: WholeWorld, trouble: Trouble, luck: random.Random, scale: float) -> list[str]:
    """Let everything of a world break, one after the other, until its orders have lived. Returns what broke.

    Trouble kills processes, too: a strike whose process goes, or whose world is not whole in time, is left and said.
    """
    fitting = [strike for strike in STRIKES.values() if strike.fits(world)]
    hits: list[str] = []
    failed: list[BaseException] = []

    def make_trouble() -> None:
        try:
            trouble.run()
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            failed.append(error)

    beside = threading.Thread(target=make_trouble, name="trouble")
    beside.start()
    while beside.is_alive():
        strike: Strike = luck.choice(fitting)
        world.wait_until_whole()
        try:
            strike.hit(world, scale)
        except AssertionError:
            hits.append(f"{strike.name} left")
        else:
            hits.append(strike.name)
        beside.join(luck.uniform(0, 6))
    if failed:
        raise failed[0]
    return hits


if __name__ == "__main__":
    sys.exit(main())
