"""Lends objects to a test, as bridge.mjs does: JSON lines in, JSON lines out.

Runs in the outside clients' own environment, so it knows nothing but the standard library.
"""

import json
import sys
import threading
import typing

Objects = typing.Mapping[str, object]
_OUT = sys.stdout
_LOCK = threading.Lock()
sys.stdout = sys.stderr  # what a client prints is its log; stdout carries the lines alone


def tell(line: dict[str, typing.Any]) -> None:
    """Say one line. Clients say things from threads of their own."""
    with _LOCK:
        _OUT.write(json.dumps(line) + "\n")
        _OUT.flush()


def serve(objects: Objects, error: type[BaseException] = Exception) -> None:
    """Do what the test says until it hangs up. `error` is what the client raises where that is no Exception."""
    for raw in sys.stdin:
        line = json.loads(raw)
        try:
            result = getattr(objects[line["of"]], line["call"])(*line["args"])
        except (Exception, error) as raised:  # noqa: BLE001 whatever the client raises is its answer
            told = {"status": getattr(raised, "http_code", None), "body": None, "message": str(raised)}
            tell({"id": line["id"], "error": told})
        else:
            tell({"id": line["id"], "result": result})
