"""What a desk answers over HTTP, by shape; some refusals of each kind among them."""

import asyncio
import json
import typing

import httpx

from tests.inventory.comparison import Tree, differences
from tests.inventory.shapes import Shape, merge, shape_of

Clients = dict[str, httpx.AsyncClient]
"""Who asks: `person`, `staff` or `anybody`."""
LATENCY = {"samples", "p50_ms", "p95_ms", "p99_ms"}
MEASURED = {"to_socket": "latency", "from_venue": "latency", "changes_s": 0.0, "events_s": 0.0, "conflation": 0.0}
"""What the status has of latencies and rates, and what stands for one that is not known yet."""
COUNTS = ("links", "claims", "departures", "turned_away", "refused_messages", "refused_requests")
"""Objects of the status that have a number for each name that occurred."""
AGAIN_S = 0.4
EVENTS_S = 20.0


class Question(typing.NamedTuple):
    """One request."""

    path: str
    who: str = "person"
    method: str = "GET"
    body: typing.Any = None
    headers: typing.Mapping[str, str] = {}
    is_stream: bool = False

    def __str__(self) -> str:
        body = "" if self.body is None else f" {json.dumps(self.body)}"
        return f"{self.method} {self.path}{body} ({', '.join([self.who, *self.headers])})"


def questions(expiration: str) -> list[Question]:
    """Return the questions. Options are those that end on `expiration`, which names keep out of the recording."""
    chain = "/api/options/chain/QQQ"
    return [
        Question("/health", "anybody"),
        Question("/ready", "anybody"),
        Question("/api/market/indices", is_stream=True),
        Question("/api/options/expirations/QQQ"),
        Question(f"/api/options/strikes/QQQ?expiration={expiration}"),
        Question("/api/options/volatility/QQQ"),
        Question(f"{chain}?expiration={expiration}"),
        Question(f"{chain}/greeks?rows=4&expiration={expiration}", is_stream=True),
        Question("/api/charts/QQQ?interval=1d&limit=20"),
        Question("/market/overview"),
        Question("/signals/signal/QQQ"),
        Question("/learning/status"),
        Question("/learning/data/summary"),
        Question("/learning/results/latest"),
        Question("/learning/gates"),
        Question("/trade/portfolio"),
        Question("/trade/positions"),
        Question("/trade/orders"),
        Question("/trade/fills"),
        Question("/trade/net-liq"),
        Question("/ws/status", "staff"),
        Question("/api/watchlists/"),
        Question("/api/watchlists/venues/"),
        Question("/api/alerts/venues"),
        Question("/api/desk/layout/wide"),
        Question("/api/desk/preferences"),
        *_refused(chain),
    ]


def _refused(chain: str) -> list[Question]:
    return [
        Question("/trade/orders", "anybody"),
        Question("/trade/orders", "anybody", headers={"Authorization": "Bearer tdk_unknown"}),
        Question("/trade/orders?token=tdk_unknown", "anybody"),
        Question("/trade/orders", method="POST"),
        Question("/ws/status"),
        Question("/ws/status", "anybody"),
        Question("/metrics", "anybody"),
        Question(f"{chain}?expiration=2099-01-01"),
        Question(f"{chain}/greeks?expiration=2099-01-01&rows=none"),
        Question("/api/charts/QQQ?interval=7m"),
        Question("/signals/signal/Q;Q"),
        Question("/api/stream/poll/?view=unknown"),
        Question("/sse/streaming/", headers={"Origin": "https://elsewhere.example"}),
        Question("/api/watchlists/999999/"),
        Question("/api/watchlists/", method="POST", body={"name": ""}),
        Question("/api/desk/preferences", method="PATCH", body={"theme": "none"}),
    ]


def _steady(value: typing.Any, name: str = "") -> typing.Any:
    """Return an answer in which what a desk counts and measures looks the same, whatever happened already."""
    if isinstance(value, list):
        return [_steady(element) for element in value]
    if not isinstance(value, dict):
        return MEASURED.get(name) if value is None else value
    if value.keys() == LATENCY:
        return "latency"
    if name in COUNTS and all(isinstance(count, int) for count in value.values()):
        return "counts"
    return {key: _steady(inner, key) for key, inner in value.items()}


class Answers:
    """The answers to some questions, until now."""

    def __init__(self, clients: Clients, expiration: str, recorded: Tree | None) -> None:
        self._clients = clients
        self._expiration = expiration
        self._recorded = recorded
        self._found: dict[str, dict[str, Shape]] = {}

    def found(self) -> dict[str, typing.Any]:
        """Return the shapes of answers by question, then by status, or by event where they are streams."""
        return dict(sorted(self._found.items()))

    async def ask(self) -> None:
        """Ask again and again, for answers know more and more, until they have all that was recorded."""
        async with asyncio.TaskGroup() as group:
            for question in questions(self._expiration):
                group.create_task(self._follow(question) if question.is_stream else self._ask(question))

    async def _ask(self, question: Question) -> None:
        while True:
            client = self._clients[question.who]
            answer = await client.request(
                question.method, question.path, headers=dict(question.headers), json=question.body
            )
            kind = answer.headers["Content-Type"].partition(";")[0]
            body = _steady(answer.json()) if kind == "application/json" else kind
            code = body["code"] if isinstance(body, dict) and body.get("type") == "error" else ""
            self._record(question, f"{answer.status_code} {code}".strip(), body)
            if answer.is_error or self._is_complete(question):
                return
            await asyncio.sleep(AGAIN_S)

    async def _follow(self, question: Question) -> None:
        client = self._clients[question.who]
        async with client.stream(question.method, question.path, timeout=EVENTS_S) as answer:
            event = "message"
            async for line in answer.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    event = value
                elif name == "data":
                    self._record(question, f"event {event}", json.loads(value))
                    if self._is_complete(question):
                        return
                elif not name:
                    event = "message"

    def _record(self, question: Question, name: str, body: typing.Any) -> None:
        shapes, shape = self._found.setdefault(self._name(question), {}), shape_of(body)
        shapes[name] = merge(shapes[name], shape) if name in shapes else shape

    def _is_complete(self, question: Question) -> bool:
        name = self._name(question)
        return self._recorded is not None and not differences(self._recorded.get(name), self._found[name])

    def _name(self, question: Question) -> str:
        return str(question).replace(self._expiration, "<date>")
