"""The news clients of Alpaca's own SDK take the simulated news for the real one: over REST and on its WebSocket."""

import pytest

from simulator.server import SimRunning
from tests.external_clients.clients import python_alpaca_news
from tests.support.eventually import aeventually

pytestmark = pytest.mark.process


async def test_the_sdk_hears_items_and_revisions_and_turns_pages(venue: SimRunning):
    earlier = venue.news.happen(60, 0)
    async with python_alpaca_news(venue) as client:
        told = await client.call("reader", "request", {"limit": 55, "include_content": True, "sort": "asc"})
        assert [item["id"] for item in told] == earlier[:55], "over two pages"
        assert all(item["headline"] and item["content"] for item in told)
        await client.call("reader", "listen", "AAPL")
        await aeventually(lambda: any(each.symbols for each in venue.news.listeners))
        venue.news_story("MSFT", "Of another company", sources=["alpaca"])
        (number,) = venue.news_story("AAPL", "Apple beats estimates", sources=["alpaca"])
        first = (await client.until("item"))["values"]
        assert (first["id"], first["headline"], first["symbols"]) == (number, "Apple beats estimates", ["AAPL"])
        venue.news_fault("revise", path="/v1beta1/news", text="Apple Shares Are Rising")
        second = (await client.until("item"))["values"]
        assert (second["id"], second["headline"]) == (number, "Apple Shares Are Rising")
        assert first["created_at"] == second["created_at"]
        venue.news_fault("drop")
        await aeventually(lambda: any(each.symbols for each in venue.news.listeners))
        (again,) = venue.news_story("AAPL", "After the drop", sources=["alpaca"])
        assert (await client.until("item"))["values"]["id"] == again
