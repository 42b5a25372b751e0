"""A process of the desk behind a real server, whose chat is asked by token and by session."""

import contextlib
import json
import typing

import httpx
from channels.routing import URLRouter
from django.conf import settings
from django.test import Client

from accounts.models import User
from assistant.chat import routing
from tests.support.cluster_in_one_loop import SteadyStation
from tests.support.corridor import Info, MemoryLinks
from tests.support.live_server import Served

CSRF = "c" * 32


class ChatDesk(Served):
    """The chat of a desk."""

    routes = URLRouter(routing.http_urlpatterns)
    headers: dict[str, str]

    async def post(self, path: str, body: typing.Any, **headers: str) -> httpx.Response:
        """Send JSON. Headers are named with underscores; an empty one is left out."""
        return await self.client.post(path, json=body, headers=self._named(headers))

    async def ask(self, question: str = "Where is QQQ?", path: str = "/chat/complete", **more: typing.Any) -> "Answer":
        """Ask, and read the stream to its end."""
        return await self.stream(path, {"messages": [{"role": "user", "content": question}], "stream": True, **more})

    async def stream(self, path: str, body: typing.Any) -> "Answer":
        """Send a body, and read the stream that comes."""
        async with self.client.stream("POST", path, json=body, headers=self._named({})) as response:
            lines = [line async for line in response.aiter_lines()]
        return Answer(response, [line.removeprefix("data: ") for line in lines if line.startswith("data: ")])

    def _named(self, headers: typing.Mapping[str, str]) -> dict[str, str]:
        sent = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        return {name: value for name, value in sent.items() if value}


class Answer:
    """A stream that is over."""

    def __init__(self, response: httpx.Response, data: list[str]) -> None:
        self.response = response
        self.is_done = data[-1:] == ["[DONE]"]
        self.chunks = [json.loads(one) for one in data if one != "[DONE]"]

    @property
    def text(self) -> str:
        """The answer, as a client reads it that knows OpenAI's API alone."""
        return "".join(choice["delta"].get("content", "") for one in self.chunks for choice in one.get("choices", ()))

    def own(self, kind: str) -> list[dict]:
        """What is the desk's own of one kind."""
        found = [one["tapedeck"] for one in self.chunks if "tapedeck" in one]
        return [one for one in found if one["kind"] == kind]


def by_token(token: str) -> dict[str, str]:
    """Headers of a program."""
    return {"Authorization": f"Bearer {token}"}


def by_session(person: User) -> dict[str, str]:
    """Headers of a page of the desk."""
    client = Client()
    client.force_login(person)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookies = f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={CSRF}"
    return {"Cookie": cookies, "X-CSRFToken": CSRF}


@contextlib.asynccontextmanager
async def chat_desk(valkey: str, headers: dict[str, str]) -> typing.AsyncIterator[ChatDesk]:
    """A desk that is asked with those headers."""
    async with (
        SteadyStation(valkey, MemoryLinks(p1=[Info()], p2=[Info()])) as station,
        ChatDesk(typing.cast(typing.Any, station)) as served,
    ):
        served.headers = headers
        yield served
