"""The cache holds JSON: nothing in it can run."""

import pickle

import msgspec
import pytest
import redis
from django.core.cache import caches


@pytest.fixture
def cache(layer_client: redis.Redis):
    """The cache as desks have it; tests of one process have it in their memory."""
    return caches["default"]


@pytest.mark.parametrize("value", [7, 1.5, True, "text", [1764000000.25, 3], []])
def test_what_is_kept_comes_back(cache, value):
    cache.set("kept", value)
    found = cache.get("kept")
    assert found == value
    assert type(found) is type(value)


def test_a_count_is_a_number_to_the_server(cache):
    cache.add("count", 1, 60)
    assert cache.incr("count") == 2
    assert cache.get("count") == 2


def test_a_pickle_of_whoever_writes_there_is_never_run(cache, layer_client: redis.Redis, tmp_path):
    ran = tmp_path / "ran"

    class Runs:
        def __reduce__(self):
            return ran.touch, ()

    layer_client.set(cache.make_key("planted"), pickle.dumps(Runs()))
    with pytest.raises(msgspec.DecodeError):
        cache.get("planted")
    assert not ran.exists()


def test_what_a_former_release_kept_is_absent(cache, layer_client: redis.Redis):
    layer_client.set("tapedeck:1:kept", pickle.dumps([1.0]))
    assert cache.get("kept", "nothing") == "nothing"
