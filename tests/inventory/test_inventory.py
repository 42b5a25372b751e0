"""What others rely on is there, and is as it was recorded. See tests/inventory/__init__.py."""

import asyncio

import pytest

from tests.inventory import records
from tests.inventory.observation import observe
from tests.inventory.stage import stage

WITHIN_S = 30.0
"""How long a busy machine may take to show all that was recorded; a quiet one takes three seconds."""


@pytest.fixture(scope="module")
def observed(tmp_path_factory, cast):
    """What a desk shows with one person at each venue, who trade while they watch."""
    recorded = {name: records.read(name) for name in records.OBSERVED}
    with stage(tmp_path_factory.mktemp("desk"), cast) as made:
        return asyncio.run(observe(made, recorded, WITHIN_S))


@pytest.mark.parametrize("name", records.STATIC)
def test_what_the_code_declares_is_as_it_was_recorded(name):
    complaint = records.complaint(name, records.STATIC[name]())
    assert not complaint, complaint


@pytest.mark.parametrize("name", records.OBSERVED)
def test_what_a_running_desk_shows_is_as_it_was_recorded(observed, name):
    complaint = records.complaint(name, observed[name])
    assert not complaint, complaint
