"""What an outside client needs to know of the simulated Tradier: its addresses, and the tokens of its people."""

from simulator.asgi import Json
from simulator.tradier.venue import ACCOUNT_PATH, MARKET_PATH, PREFIXES, Tradier


def told(venue: Tradier) -> Json:
    """Say where everything is, JSON-ready. The sandbox is below a path of its own, with its own people and tokens."""
    web, sockets, sandbox = f"http://{venue.address}", f"ws://{venue.address}", PREFIXES["sandbox"]
    return {
        "rest": web,
        "stream": web + MARKET_PATH,
        "market_socket": sockets + MARKET_PATH,
        "account_stream": sockets + ACCOUNT_PATH,
        "sandbox": {
            "rest": web + sandbox,
            "market_socket": sockets + sandbox + MARKET_PATH,
            "account_stream": sockets + sandbox + ACCOUNT_PATH,
        },
        "grants": [
            {
                "environment": grant.person.environment,
                "accounts": [account.number for account in grant.person.accounts],
                "data_token": grant.data.text,
                "trading_token": grant.trading.text,
            }
            for grant in venue.grants
        ],
    }
