"""Everything that is seen of a running desk: paths, metrics, answers, conversations, and what venues are sent."""

import asyncio
import time
import typing

import httpx

from tests.inventory import metrics, urls
from tests.inventory.answers import Answers, Clients
from tests.inventory.comparison import Tree, differences
from tests.inventory.conversations import Conversations, refusals
from tests.inventory.stage import VENUES, Stage
from tests.inventory.venue_traffic import Traffic
from tests.support.desk import run
from tests.support.plain_http import NO_TLS

LOOK_S = 0.2
"""How often what is found is compared with what was recorded."""
DTE = 28
"""About how many days away the options end that are watched."""
ANSWER_S = 30.0


async def observe(stage: Stage, recorded: Tree, within_s: float) -> dict[str, typing.Any]:
    """Return what a desk shows within so many seconds, or as soon as it has shown what was `recorded`."""
    steady = {"urls": urls.collect(stage.staff), "metrics": metrics.collect(stage.staff)}
    refused = await refusals(stage.desk.url, stage.headers("tastytrade"))
    expiration, options = _listed(stage.people["tastytrade"])
    streams = {venue: Conversations(stage.desk.url, stage.headers(venue), options) for venue in VENUES}
    clients = _clients(stage)
    traffic = Traffic(stage.desk.traffic_file, stage.accounts())
    answers = Answers(clients, expiration, recorded.get("answers"))

    def snapshot() -> dict[str, typing.Any]:
        return steady | {
            "answers": answers.found(),
            "conversations": {venue: stream.found() for venue, stream in streams.items()} | {"refused": refused},
            "venue_traffic": traffic.found(),
        }

    activity = [answers.ask(), _trade(stage), *(stream.listen() for stream in streams.values())]
    tasks = [asyncio.create_task(one) for one in activity]
    try:
        await _wait(tasks, lambda: not differences(recorded, snapshot()), within_s)
        return snapshot()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        traffic.close()
        for client in clients.values():
            await client.aclose()


async def _wait(tasks: list[asyncio.Task[None]], is_complete: typing.Callable[[], bool], within_s: float) -> None:
    """Wait until all is there, or for so long. Raises what a task raises."""
    end = time.monotonic() + within_s
    while time.monotonic() < end and not is_complete():
        await asyncio.sleep(LOOK_S)
        for task in tasks:
            if task.done():
                task.result()


async def _trade(stage: Stage) -> None:
    await asyncio.to_thread(run, ["-m", "tests.inventory.trader", *VENUES.values()], stage.desk.environment)


def _listed(client: httpx.Client) -> tuple[str, list[str]]:
    """Return a day about four weeks away on which options on QQQ end, and a pair of those near the money."""
    days = client.get("/api/options/expirations/QQQ").raise_for_status().json()["expirations"]
    day = min(days, key=lambda one: abs(one["dte"] - DTE))["date"]
    listed = client.get("/api/options/strikes/QQQ", params={"expiration": day}).raise_for_status().json()["strikes"]
    middle = listed[len(listed) // 2]
    return day, [middle["call"], middle["put"]]


def _clients(stage: Stage) -> Clients:
    """Return who asks, as clients of this event loop."""
    signed_in = {"person": stage.people["tastytrade"], "staff": stage.staff}
    headers = {name: {"X-CSRFToken": client.cookies["csrftoken"]} for name, client in signed_in.items()}
    return {
        name: httpx.AsyncClient(
            verify=NO_TLS, base_url=stage.desk.url, timeout=ANSWER_S, headers=headers.get(name),
            cookies=signed_in[name].cookies if name in signed_in else None,
        )
        for name in ("person", "staff", "anybody")
    }  # fmt: skip
