"""Whatever is changed, put in or left out is named with its place."""

import msgspec
import pytest

from signals.record.chain import LinkedFact
from signals.record.verifier import verify_chain
from tests.signals.honesty.course import Course
from tests.signals.honesty.market import make_tape
from tests.signals.honesty.models import online


@pytest.fixture(scope="module")
def kept():
    """A session of one model: 1 + 78 * 2 + 1 facts, and the bytes that they name."""
    found = []
    Course(make_tape(1, 1, 2), [online()], keep=lambda fact, content: found.append((fact, content))).run()
    return [fact for fact, _ in found], {fact.digest: content.to_bytes() for fact, content in found if content}


def told(faults):
    return [str(fault) for fault in faults]


def test_a_whole_chain_is_whole(kept):
    facts, content = kept
    assert len(facts) == 158
    assert verify_chain(facts, content, head=facts[-1].link, count=158) == []


def test_a_dropped_fact_is_named_wherever_it_was(kept):
    facts, content = kept
    for place in range(len(facts) - 1):
        (fault,) = verify_chain(facts[:place] + facts[place + 1 :], content)
        assert (fault.number, fault.what) == (place + 2, f"fact {place + 1} before it is missing")


def test_a_cut_end_is_named_where_somebody_kept_the_head(kept):
    facts, content = kept
    assert told(verify_chain(facts[:-3], content, facts[-1].link, 158)) == [
        f"fact 155 (online logistic, bar {facts[-4].bar}): the facts 156 to 158 behind it are missing"
    ]


def test_a_flipped_bit_of_a_batch_is_named_wherever_it_is(kept):
    facts, content = kept
    fact = next(fact for fact in facts[60:] if fact.about == "signal")
    data = content[fact.digest]
    for place in range(len(data)):
        flipped = data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :]
        assert told(verify_chain(facts, {**content, fact.digest: flipped})) == [
            f"fact {fact.number} (online logistic, bar {fact.bar}): its batch was changed"
        ]


def test_a_flipped_bit_of_a_fact_is_named_wherever_it_is(kept):
    facts, content = kept
    data = msgspec.json.encode(facts[80])
    for place in range(len(data)):
        flipped = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        try:
            changed = msgspec.json.decode(flipped, type=LinkedFact)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        if changed != facts[80]:
            faults = verify_chain([*facts[:80], changed, *facts[81:]], content)
            assert faults
            assert faults[0].number in (changed.number, 81)


def test_who_reckons_a_fact_anew_is_betrayed_by_the_next_one(kept):
    facts, content = kept
    forged = msgspec.structs.replace(facts[80], n=1)
    forged = msgspec.structs.replace(forged, link=forged.compute_link())
    (fault,) = verify_chain([*facts[:80], forged, *facts[81:]], content)
    assert (fault.number, fault.what) == (82, "it follows another fact than the one before it")


def test_who_reckons_the_rest_anew_is_betrayed_by_the_head(kept):
    facts, content = kept
    forged, link = [], facts[79].link
    for fact in facts[80:]:
        changed = msgspec.structs.replace(fact, prev=link, at=fact.at + 1)
        link = changed.compute_link()
        forged.append(msgspec.structs.replace(changed, link=link))
    assert verify_chain([*facts[:80], *forged], content) == []
    (fault,) = verify_chain([*facts[:80], *forged], content, head=facts[-1].link, count=158)
    assert fault.what == "it is not the head that was kept"


def test_a_batch_past_its_days_is_no_fault_and_a_missing_one_is(kept):
    facts, content = kept
    digest = facts[1].digest
    assert verify_chain(facts, {**content, digest: None}) == []
    (fault,) = verify_chain(facts, {key: data for key, data in content.items() if key != digest})
    assert fault.what == "its batch is missing"
