"""Runs a venue and records what its clients send: `python -m tests.inventory.venue_recorder FILE MODULE …`.

The file gets one line of JSON for each request, and one for each message of a WebSocket.
"""

import json
import pathlib
import re
import runpy
import sys
import typing
from urllib.parse import parse_qsl

import uvicorn

SHOWN = {
    b"accept": re.compile(".*"), b"content-type": re.compile(".*"),
    b"authorization": re.compile(r"\w*"), b"user-agent": re.compile("[^/]*"),
}  # fmt: skip
"""The headers whose values are written down, and how much of them: no secret, and no number of a version."""
HEADERS = {*SHOWN, b"apca-api-key-id", b"apca-api-secret-key"}
"""The headers that are written down."""


class Recorder:
    """ASGI middleware that writes down what comes in."""

    def __init__(self, app: typing.Any, file: pathlib.Path) -> None:
        self._app = app
        self._file = file.open("a", buffering=1)

    async def __call__(self, scope: typing.Any, receive: typing.Any, send: typing.Any) -> None:
        """Serve one request or one WebSocket."""
        request = {
            "method": scope.get("method", "WS"),
            "path": scope["path"],
            "query": dict(parse_qsl(scope["query_string"].decode())),
            "headers": {
                name.decode(): "".join(SHOWN[name].findall(value.decode())[:1]) if name in SHOWN else ""
                for name, value in scope["headers"]
                if name in HEADERS
            },
        }
        body: list[bytes] = []
        self._write(request)

        async def receive_recorded() -> typing.Any:
            message = await receive()
            if message["type"] == "http.request":
                body.append(message["body"])
                if not message["more_body"] and any(body):
                    self._write(request | {"body": b"".join(body).decode()})
            elif message["type"] == "websocket.receive":
                self._write(request | {"message": message.get("text") or ""})
            return message

        await self._app(scope, receive_recorded, send)

    def _write(self, line: dict[str, typing.Any]) -> None:
        self._file.write(json.dumps(line) + "\n")


def main(file: str, module: str, *arguments: str) -> None:
    """Run `module` with these arguments, and whatever app it serves behind a recorder."""

    class Config(uvicorn.Config):
        def __init__(self, app: typing.Any, **options: typing.Any) -> None:
            super().__init__(Recorder(app, pathlib.Path(file)), **options)

    uvicorn.Config = Config  # type: ignore[misc, assignment]  # the program finds it there, wherever its own modules are
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
