"""The ledger's tables: each fact has the next number, is stored once, and is read back exactly."""

import decimal
import typing

import hypothesis
from django.db import transaction
from hypothesis import strategies as st

from streaming.facts import Entry
from streaming.ledger import store
from streaming.ledger.errors import FencedError, SinkError
from streaming.ledger.store import RECENT, Job
from streaming.models import Ownership, StoredCursor, StoredFact
from streaming.ownership import rows
from tests.support import databases

HOST = "00000000-0000-0000-0000-000000000001"


def notice(text="hello", **fields):
    return Entry(kind="notice", at=1_700_000_000_000, payload={"code": "test", "text": text}, **fields)


def texts(facts) -> list[str]:
    return [fact.payload["text"] for fact in facts]


def test_numbers_are_kept_exactly(ledger_database):
    payload = {
        "price": decimal.Decimal("0.10"), "large": decimal.Decimal("12345678901234567890.123456789"),
        "count": 2**70, "nothing": None, "list": [decimal.Decimal("-1.50"), {"yes": True}],
    }  # fmt: skip

    def work():
        epoch = rows.claim(1, HOST)
        store.store([Job(1, epoch, [Entry(kind="fill", at=1, payload=payload)])], [])
        return store.page(1, 0, 1)[0].payload

    found = databases.inside(ledger_database, work)
    assert found == payload
    assert str(found["price"]) == "0.10"


Act = st.one_of(
    st.tuples(
        st.just("record"),
        st.lists(st.tuples(st.sampled_from("kl"), st.sampled_from([None, "1", "2", "3"])), max_size=4),
        st.sampled_from(["fine", "fails", "former", "nobody"]),
    ),
    st.just(("claim",)),
)


@hypothesis.settings(
    max_examples=25, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture], deadline=None
)
@hypothesis.given(acts=st.lists(Act, max_size=14))
def test_whatever_is_recorded_fails_or_is_claimed_the_ledger_is_the_list_of_what_was_accepted(ledger_database, acts):
    """Numbers are 1, 2, 3 …; what failed or was refused leaves nothing; of each name the first stays."""

    def fail(facts) -> None:
        raise ZeroDivisionError

    def work() -> None:
        with transaction.atomic():
            for model in (StoredFact, StoredCursor, Ownership):
                model._default_manager.all().delete()
        epoch = rows.claim(1, HOST)
        accepted: list[Entry] = []
        names: set[tuple[str | None, str | None]] = set()
        for count, act in enumerate(acts):
            if act[0] == "claim":
                epoch = rows.claim(1, HOST)
                continue
            _, wanted, how = act
            entries = [notice(f"{count}.{n}", link=link, venue_id=name) for n, (link, name) in enumerate(wanted)]
            news: list[Entry] = []
            for entry in entries:
                if entry.venue_id is None or (entry.link, entry.venue_id) not in names | {
                    (other.link, other.venue_id) for other in news
                }:
                    news.append(entry)
            outcome: typing.Any
            if how == "nobody":
                outcome = store.record(1, entries)
            else:
                job = Job(1, epoch - (how == "former"), entries)
                (outcome,) = store.store([job], [fail] if how == "fails" else [])
            if how == "former":
                assert isinstance(outcome, FencedError)
            elif how == "fails" and news:
                assert isinstance(outcome, SinkError)
            else:
                accepted += news
                names |= {(entry.link, entry.venue_id) for entry in news if entry.venue_id}
                assert texts(outcome) == [entry.payload["text"] for entry in news]
        page = store.page(1, 0, 1_000)
        assert [(fact.number, *texts([fact])) for fact in page] == [
            (number, entry.payload["text"]) for number, entry in enumerate(accepted, 1)
        ]
        assert store.head(1) == len(page)

    databases.inside(ledger_database, work)


def test_the_newest_facts_of_several_people_are_read_at_once_and_so_many_of_each(ledger_database):
    def work():
        for person, count in ((1, RECENT + 2), (2, 1), (4, 1)):
            store.record(person, [notice(f"{person}.{number}") for number in range(1, count + 1)])
        return store.recent([1, 2, 3])

    found = databases.inside(ledger_database, work)
    assert texts(found[1]) == [f"1.{number}" for number in range(RECENT + 2, 2, -1)]
    assert (texts(found[2]), found[3], 4 in found) == (["2.1"], [], False)


def test_a_job_that_is_refused_leaves_the_others_of_its_transaction_alone(ledger_database):
    def fail(facts):
        if facts[0].person == 2:
            raise ZeroDivisionError

    def work():
        epochs = [rows.claim(person, HOST) for person in (1, 2, 3)]
        jobs = [Job(person, epoch, [notice(str(person))]) for person, epoch in enumerate(epochs, 1)]
        outcomes = store.store([*jobs, Job(1, (epochs[0] or 0) - 1, [notice("late")])], [fail])
        return outcomes, [store.head(person) for person in (1, 2, 3)]

    outcomes, heads = databases.inside(ledger_database, work)
    assert [type(outcome) for outcome in outcomes] == [list, SinkError, list, FencedError]
    assert heads == [1, 0, 1]


def test_a_sink_sees_only_what_is_new(ledger_database):
    shown: list[list[str]] = []

    def work():
        epoch = rows.claim(1, HOST)
        for entries in (
            [notice("a", venue_id="1")],
            [notice("a", venue_id="1")],
            [notice("a", venue_id="1"), notice("b")],
        ):
            store.store([Job(1, epoch, entries)], [lambda facts: shown.append(texts(facts))])
        store.store([Job(1, epoch, [])], [lambda facts: shown.append(texts(facts))])

    databases.inside(ledger_database, work)
    assert shown == [["a"], ["b"]]
