"""The news clients of Alpaca's own SDK for Python: arguments are REST's address, the socket's, and a pair of keys."""

import sys
import threading
import typing

from alpaca.data.historical.news import NewsClient
from alpaca.data.live.news import NewsDataStream
from alpaca.data.models.news import News
from alpaca.data.requests import NewsRequest

from tests.external_clients.bridges.bridge import serve, tell

address, socket, key, secret = sys.argv[1:]


class Reader:
    """The client of news over REST, and the stream of them."""

    def __init__(self) -> None:
        self.client = NewsClient(key, secret, url_override=address)
        self.stream = NewsDataStream(key, secret, url_override=socket)

    def request(self, fields: dict[str, typing.Any]) -> list[typing.Any]:
        """Return what is published, as the client's own models have it; it turns pages itself."""
        return [item.model_dump(mode="json") for item in self.client.get_news(NewsRequest(**fields)).data["news"]]

    def listen(self, symbol: str) -> None:
        """Tell of items from now on."""

        async def hear(item: News) -> None:
            tell({"event": "item", "values": item.model_dump(mode="json")})

        self.stream.subscribe_news(hear, symbol)
        threading.Thread(target=self.stream.run, daemon=True).start()


serve({"reader": Reader()})
