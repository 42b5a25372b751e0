"""What a model says has a confidence beside the regime once its record shows one, from each statement to its end."""

import asyncio
import collections
import functools

from signals import owner_store
from signals.learner.run import dump_run, restore_run
from signals.models import LearnedModel
from signals.watch.insight_watcher import InsightWatcher
from tests.scenarios.signals.test_learning import learn
from tests.scenarios.signals.trial import PERSON, Trial, batches, ms, until
from tests.signals.honesty.course import Course
from tests.signals.honesty.market import make_tape
from tests.signals.honesty.models import PlantedFeature

MODEL = "momentum"


def show() -> None:
    """Give a model the record of one that knows, and whose calibration holds."""
    (known,) = Course(make_tape(1, 21, 4, planted=0.2), [PlantedFeature(planted=0.2)]).run().learner.runs
    row = LearnedModel.objects.get(person=PERSON, model=MODEL)
    run = restore_run(bytes(row.run))
    run.score, run.standing = known.score, known.standing
    LearnedModel.objects.filter(pk=row.pk).update(run=dump_run(run))


def test_a_confidence_lasts_from_a_statement_to_its_end(sqlite_ledger):
    trial, seen = Trial(sqlite_ledger), []

    async def live(trial: Trial) -> None:
        trial.follow(("QQQ", "NVDA"))
        owner = trial.begin()
        await until("11:06")
        manager = owner.host.people[PERSON].manager
        watcher = manager.companion(InsightWatcher)
        assert watcher is not None
        manager.want_insights(watcher, frozenset({"QQQ"}))

        async def look(time: str) -> None:
            await until(time)
            seen.append((manager.board.whole(("insight", "QQQ")) or {}).get("confidence", "no insight"))

        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, trial.inside, learn)
        await look("11:10:20")
        await loop.run_in_executor(None, trial.inside, show)
        for time in ("11:10:25", "11:10:34", "11:15:20", "11:15:34"):
            await look(time)

    trial.run("10:58", live)
    said = {batch.bar: batch.p[batch.symbols.index("QQQ")] for batch in batches(trial.chain(), MODEL)}
    first, second = (max(p, 1 - p) for p in [*said.values()][-2:])
    assert seen == [None, None, first, first, second]
    assert first != second


def test_models_begin_anew_only_where_the_person_begins_to_follow_or_ceases(sqlite_ledger, monkeypatch):
    trial, counts = Trial(sqlite_ledger), []
    begun = collections.Counter[int]()
    read_registered = owner_store.read_registered

    def read(person: int) -> list[owner_store.RegisteredModel]:
        begun[person] += 1
        return read_registered(person)

    monkeypatch.setattr(owner_store, "read_registered", read)

    async def live(trial: Trial) -> None:
        trial.follow(("QQQ",))
        owner = trial.begin()
        await until("11:05:20")

        async def change(time: str, *, is_on: bool) -> None:
            work = functools.partial(owner_store.follow, PERSON, is_on=is_on)
            await asyncio.get_running_loop().run_in_executor(None, trial.inside, work)
            owner.host.links_changed(PERSON)
            await until(time)
            counts.append(begun[PERSON])

        for time in ("11:05:28", "11:05:40"):
            await change(time, is_on=True)
        await change("11:07", is_on=False)
        await change("11:12", is_on=True)

    trial.run("10:58", live)
    first, *others = counts
    assert others == [first, first, first + 1]
    bars = [batch.bar for batch in batches(trial.chain(), MODEL)]
    assert bars == [ms(f"11:{minute:02}:30") for minute in (0, 5, 10)]
