"""What a former owner says is dropped, and what nobody can judge waits for the row."""

import pytest

from streaming.discovery import fencing


@pytest.mark.parametrize(
    ("epoch", "believed", "highest", "found"),
    [
        ("7-a3f1", "7-a3f1", 7, "owner"),
        ("6-a3f1", "7-a3f1", 7, "former"),
        ("6-a3f1", "", 7, "former"),
        ("8-b2c4", "7-a3f1", 7, "unknown"),
        ("7-b2c4", "7-a3f1", 7, "unknown"),  # the same claim in another life of its process
        ("7-a3f1", "", 7, "unknown"),
        ("1-a3f1", "", 0, "unknown"),
        ("10-a3f1", "9-a3f1", 9, "unknown"),  # numbers, not texts
        ("9-a3f1", "10-a3f1", 10, "former"),
    ],
)
def test_who_speaks_is_told_by_the_epoch(epoch, believed, highest, found):
    assert fencing.speaker(epoch, believed, highest) == found
