"""Pages are made as far as there are places, and who is signed in does not wait behind strangers."""

import asyncio

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory

from accounts.auth import guesses
from config.page_bound import BoundedPages, PageLimits

FEW, MINE = PageLimits(2, 1, 20.0), PageLimits(3, 1, 20.0)


async def silence():
    """What a client says after its request."""
    raise AssertionError("a page is made without it")


class Visits:
    """Asks an app whose pages are ready when the test says so."""

    def __init__(self, strangers=FEW, known=MINE):
        self.app = BoundedPages(self._page, strangers, known)
        self.making = 0
        self.ready = asyncio.Event()

    async def _page(self, scope, receive, send):
        self.making += 1
        await self.ready.wait()
        self.making -= 1
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def visit(self, cookie="", method="GET"):
        """Ask for a page; returns its status and its headers."""
        answers = []

        async def send(message):
            answers.append(message)

        headers = [(b"cookie", f"{settings.KNOWN_BROWSER_COOKIE}={cookie}".encode())] if cookie else []
        await self.app({"type": "http", "method": method, "path": "/", "headers": headers}, silence, send)
        return answers[0]["status"], dict(answers[0]["headers"])

    async def many(self, count, cookie=""):
        """Begin visits, and wait until each has a place, waits for one, or has its answer."""
        tasks = [asyncio.create_task(self.visit(cookie)) for _ in range(count)]
        for _ in range(5):
            await asyncio.sleep(0)
        return tasks


def known(person):
    request, answer = RequestFactory().get("/"), HttpResponse()
    guesses.remember(request, answer, person)
    return answer.cookies[settings.KNOWN_BROWSER_COOKIE].value


async def test_strangers_beyond_the_places_wait_and_those_beyond_the_queue_are_asked_to_come_again():
    visits = Visits()
    tasks = await visits.many(5)
    assert visits.making == 2
    refused = [task.result() for task in tasks if task.done()]
    assert [(status, headers[b"retry-after"], headers[b"cache-control"]) for status, headers in refused] == [
        (503, b"5", b"no-store")
    ] * 2
    visits.ready.set()
    assert sorted(status for status, _ in await asyncio.gather(*tasks)) == [200, 200, 200, 503, 503]


async def test_who_signed_in_here_before_does_not_wait_behind_strangers():
    visits = Visits()
    await visits.many(9)
    (mine,) = await visits.many(1, known("alice@example.com"))
    assert visits.making == 3
    visits.ready.set()
    assert (await mine)[0] == 200


async def test_one_browser_does_not_take_all_places_of_those_who_are_known():
    visits = Visits(known=PageLimits(6, 0, 20.0))
    cookie = known("alice@example.com")
    await visits.many(9, cookie)
    assert visits.making == 2 + 2, "a third of them, and then those of strangers"
    (other,) = await visits.many(1, known("bob@example.com"))
    visits.ready.set()
    assert (await other)[0] == 200


@pytest.mark.parametrize("cookie", ["nonsense", "a:b:c"])
async def test_a_cookie_that_is_made_up_is_a_strangers(cookie):
    visits = Visits(strangers=PageLimits(0, 0, 20.0))
    assert (await visits.visit(cookie))[0] == 503


async def test_what_only_echoes_a_request_is_not_done():
    visits = Visits()
    assert (await visits.visit(method="TRACE"))[0] == 405
    assert visits.making == 0


async def test_a_page_that_broke_or_was_left_gives_its_place_back():
    visits = Visits(strangers=PageLimits(1, 5, 20.0))
    tasks = await visits.many(3)
    for task in tasks[:2]:
        task.cancel()
    await asyncio.gather(*tasks[:2], return_exceptions=True)
    visits.ready.set()
    assert (await tasks[2])[0] == 200
    assert visits.app._strangers.taken == 0
