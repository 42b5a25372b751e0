"""The life of a link is a table; what it allows and forbids is read off it."""

import pathlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streaming.links.state import ADAPTER_SIGNALS, TRANSITIONS, LinkState, Signal, diagram, step

ANYTIME = (Signal.UP, Signal.MUTE, Signal.BROKEN, Signal.LOST, Signal.REJECTED)


@given(st.lists(st.sampled_from(ANYTIME)))
def test_an_open_link_takes_any_word_of_its_adapter(signals):
    state = step(LinkState.IDLE, Signal.WANTED)
    for signal in signals:
        if state is LinkState.REFUSED:
            break
        state = step(state, signal)


def test_a_refused_link_stays_refused_until_it_is_relinked():
    ways_out = {signal for signal, to in TRANSITIONS[LinkState.REFUSED].items() if to is not LinkState.REFUSED}
    assert ways_out == {Signal.RELINKED}


def test_every_state_is_reachable():
    reached, queue = {LinkState.IDLE}, [LinkState.IDLE]
    while queue:
        for to in TRANSITIONS[queue.pop()].values():
            if to not in reached:
                reached.add(to)
                queue.append(to)
    assert reached == set(LinkState)


def test_only_up_makes_a_link_live():
    assert {s for arrows in TRANSITIONS.values() for s, to in arrows.items() if to is LinkState.LIVE} == {Signal.UP}


def test_an_unlisted_pair_is_a_bug():
    with pytest.raises(KeyError):
        step(LinkState.REFUSED, Signal.WANTED)


def test_an_adapter_may_say_no_more_than_the_table_knows():
    assert set(ADAPTER_SIGNALS.values()) <= set(Signal)


def test_the_diagram_in_the_docs_is_the_table():
    page = pathlib.Path("docs/link-states.md").read_text()
    assert f"```mermaid\n{diagram()}```" in page
    assert all(f"| {state} |" in page for state in LinkState)
