"""The simulated venue serves every request that the real one documents."""

import pathlib
import re

from tests.external_clients import routes

UNSERVED = {
    "POST /margin/accounts/{account}/dry-run": "what it answers is documented in words only",
    "PATCH /accounts/{account}/complex-orders/{id}": "it moves the threshold of pairs, which are not traded here",
    "POST /accounts/{account}/complex-orders/{id}/dry-run": "it tries the same",
    "GET /span/rows": "rows of the exchanges' own risk files, which only a clearing house makes",
}
SAMPLES = {"customer": "me", "id": "1"}
LINES = pathlib.Path(__file__).with_name("documented.txt").read_text().splitlines()
DOCUMENTED = [line for line in LINES if line and not line.startswith("#")]


def served(request: str) -> bool:
    """Whether a route answers a documented request."""
    sample = re.sub(r"\{(\w+)\}", lambda found: SAMPLES.get(found[1], "X"), request)
    return routes.asked([sample]) <= set(routes.names())


def test_every_documented_request_has_a_route_or_a_reason():
    assert {request for request in DOCUMENTED if not served(request)} == set(UNSERVED)
