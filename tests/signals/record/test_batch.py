"""A batch has one row of bytes, and they are the batch."""

import pytest

from signals.record.batch import read_batch
from tests.signals.record.support import a_batch


def test_it_is_read_back_as_it_was():
    batch = a_batch(mid=[None, 200.0, 50.0], market=450.5)
    assert read_batch(batch.to_bytes()) == batch


def test_its_digest_is_the_same_everywhere():
    assert a_batch().digest == "1ac48a6f2fb7453253af151b0361d6d6496f838bc0e5b75bfdf93e1c8b342ab8"


def test_every_byte_counts():
    data = a_batch().to_bytes()
    for place in range(len(data)):
        changed = data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]
        try:
            read = read_batch(changed)
        except ValueError:
            continue
        assert read != a_batch() or read.digest == a_batch().digest


@pytest.mark.parametrize(
    "data", [b"", b"TDS1", b"nothing at all", a_batch().to_bytes()[:-1], a_batch().to_bytes() + b"x"]
)
def test_what_is_no_batch_is_refused(data):
    with pytest.raises(ValueError, match=r"batch|bytes"):
        read_batch(data)
