"""A loopback model on a port of its own, without the venues beside which a demo has it."""

import asyncio
import contextlib
import functools
import typing

import uvicorn

from assistant.chat.server import ModelServer
from simulator.asgi import Receive, Scope, Send
from simulator.model import http
from simulator.model.model import SimModel
from simulator.server import HOST, Connections, SimServer, bind


class ServedModel:
    """A model that is being served."""

    def __init__(self, model: SimModel, port: int) -> None:
        self.model = model
        self.base_url = f"http://{HOST}:{port}/v1"

    def server(self, name: str = "simulated", **more: typing.Any) -> ModelServer:
        """The model server that a desk sees, whose model has this name."""
        about = {"provider": "local", "api_key": "", "context_tokens": 32_768, **more}
        return ModelServer(base_url=self.base_url, model=name, **about)

    async def until_left(self) -> None:
        """Wait until no answer is under way."""
        while self.model.open:
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def serve_model() -> typing.AsyncIterator[ServedModel]:
    """Serve a model in this event loop while the block runs."""
    model, listener = SimModel(), bind(0)
    lines: list[Connections] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await http.serve(model, scope, receive, send, functools.partial(lines[0].cut, tuple(scope["client"])))

    config = uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, ws="none")
    server = SimServer(config, asyncio.Event())
    lines.append(Connections(server))
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve(sockets=[listener]))
        await server.ready.wait()
        try:
            yield ServedModel(model, listener.getsockname()[1])
        finally:
            server.ending.set()
            await serving
