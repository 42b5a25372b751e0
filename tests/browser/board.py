"""What a person's board held at every flush, by a client of its own beside the pages: what those show must equal it."""

import contextlib
import json
import threading
import types
import typing

import websockets.sync.client
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from tests.support.desk import Desk
from tests.support.eventually import eventually
from tests.support.people import ALICE

Slots = dict[str, dict[str, typing.Any]]
KEYS = {
    "quote": ("symbol",), "day": ("symbol",), "profile": ("symbol",), "greeks": ("symbol",), "underlying": ("symbol",),
    "balance": ("link", "account"), "position": ("link", "account", "symbol"), "link": ("link",), "market": (),
    "exposure": ("environment", "underlying"), "portfolio": ("environment", "link", "account"),
}  # fmt: skip


def name(item: dict[str, typing.Any]) -> str:
    """The name of a slot, as pages name it."""
    return "|".join([item["type"], *(item[field] for field in KEYS[item["type"]])])


class BoardWatcher:
    """Reads one person's stream in a thread and remembers the state after each frame. Use it in a `with`."""

    def __init__(self, desk: Desk, watch: dict[str, list[str]], email: str = ALICE) -> None:
        self._desk = desk
        self._email = email
        self._watch = watch
        self._slots: Slots = {}
        self.states: dict[tuple[str, int], Slots] = {}
        """By epoch and seq."""
        self.facts: list[dict[str, typing.Any]] = []
        self.begun = 0
        """The newest fact when it began: of earlier ones it knows nothing."""

    def __enter__(self) -> "BoardWatcher":
        self._open = contextlib.ExitStack()
        self._socket = self._open.enter_context(
            websockets.sync.client.connect(
                f"{self._desk.ws_url}/ws/streaming/",
                additional_headers={"Cookie": self._desk.cookie(self._email)},
                subprotocols=[Subprotocol("tapedeck.v1")],
                max_size=None,
            )
        )
        self._socket.send(json.dumps({"type": "hello", "watch": self._watch}))
        self._thread = threading.Thread(target=self._read)
        self._thread.start()
        eventually(lambda: self.states)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        self._open.close()
        self._thread.join()

    def newest(self, slot: str) -> dict[str, typing.Any] | None:
        """Return what the board holds of a slot (`quote|QQQ`), or None."""
        return self._slots.get(slot)

    def _read(self) -> None:
        try:
            for text in self._socket:
                message = json.loads(text)
                if message["type"] == "frame":
                    self._take(message)
                    self._socket.send(json.dumps({"type": "ack", "seq": message["seq"]}))
        except ConnectionClosed:
            return

    def _take(self, frame: dict[str, typing.Any]) -> None:
        if not self.states:
            self.begun = frame["fact"]
        slots = {} if frame.get("snapshot") else dict(self._slots)
        for item in frame["state"]:
            if item.get("gone"):
                slots.pop(name(item), None)
            else:
                slots[name(item)] = {**slots.get(name(item), {}), **item}
        self.facts += frame.get("facts", [])
        self._slots = slots
        self.states[frame["epoch"], frame["seq"]] = slots
