"""Facts hold on to each other, and a bar has one signal and one outcome."""

import pytest

from signals.record.chain import START, AlreadyRecordedError, FactChain


def test_each_fact_holds_the_link_of_the_one_before():
    chain = FactChain()
    first = chain.append("model", "m", "1", 1)
    second = chain.append("signal", "m", "1", 1000, bar=1000, digest="d")
    assert (first.number, first.prev) == (1, START)
    assert (second.number, second.prev) == (2, first.link)
    assert (chain.number, chain.head) == (2, second.link)


def test_everything_a_fact_says_is_in_its_link():
    links = {
        FactChain().append("signal", "m", "1", 1000, bar=1000, **said).link
        for said in ({}, {"n": 1}, {"digest": "d"}, {"sources": ["a"]}, {"detail": {"a": 1}}, {"due": 2000})
    }
    assert len(links) == 6


@pytest.mark.parametrize("about", ["signal", "outcome"])
def test_a_bar_has_one_and_no_earlier_one_follows(about):
    chain = FactChain()
    fact = chain.append(about, "m", "1", 2000, bar=2000)
    for bar in (2000, 1000):
        with pytest.raises(AlreadyRecordedError, match="is recorded"):
            chain.append(about, "m", "1", bar, bar=bar)
    assert chain.head == fact.link
    chain.append(about, "m", "2", 2000, bar=2000)


@pytest.mark.parametrize(("at", "void"), [(1000, ""), (3000, ""), (3001, "late")])
def test_what_is_stored_over_two_seconds_after_its_bar_is_late(at, void):
    assert FactChain().append("signal", "m", "1", at, bar=1000).void == void
