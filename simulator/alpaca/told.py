"""What an outside client needs to know of the simulated Alpaca: its addresses, and the keys of its people."""

from simulator.alpaca.venue import BROKER_PREFIX, PREFIX, STREAM_PATH, Alpaca
from simulator.asgi import Json


def told(venue: Alpaca) -> Json:
    """Say where everything is, JSON-ready. Each pair of keys opens one account; the broker's own open all."""
    web = f"http://{venue.address}"
    return {
        "rest": web + PREFIX,
        "account_stream": f"ws://{venue.address}{STREAM_PATH}",
        "broker": {"rest": web + BROKER_PREFIX, "key_id": venue.broker[0], "secret_key": venue.broker[1]},
        "grants": [
            {"accounts": sorted(key.numbers), "key_id": key.id, "secret_key": key.secret} for key in venue.keys.values()
        ],
    }
