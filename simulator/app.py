"""The ASGI app of the loopback venues: whose a request is, and what becomes of one that is not answered."""

import asyncio
import email.utils
import functools

import msgspec

from simulator.alpaca import control as alpaca_control
from simulator.alpaca import http as alpaca_http
from simulator.alpaca import sockets as alpaca_sockets
from simulator.asgi import Answer, Receive, Scope, Send, SimRequest, Unanswered, gone, read_request, send_answer
from simulator.model import control as model_control
from simulator.model import http as model_http
from simulator.news import control as news_control
from simulator.news import http as news_http
from simulator.news import sockets as news_sockets
from simulator.news.http import SimNewsStream
from simulator.tastytrade import control, http, sockets
from simulator.tastytrade.venue import now
from simulator.tradier import control as tradier_control
from simulator.tradier import http as tradier_http
from simulator.tradier import sockets as tradier_sockets
from simulator.venues import Venues


class App:
    """The ASGI app."""

    def __init__(self, venues: Venues) -> None:
        self.venue = venues.tastytrade
        self.tradier = venues.tradier
        self.alpaca = venues.alpaca
        self.news = venues.news
        self.model = venues.model

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request or one WebSocket."""
        if scope["type"] == "http" and model_http.serves(scope["path"]):
            cut = functools.partial(self.venue.lines.cut, tuple(scope["client"]))
            await model_http.serve(self.model, scope, receive, send, cut)
            return
        if tradier_http.serves(scope["path"]):
            await self._serve_tradier(scope, receive, send)
            return
        if alpaca_http.serves(scope["path"]):
            await self._serve_alpaca(scope, receive, send)
            return
        if news_http.serves(scope["path"]):
            await self._serve_news(scope, receive, send)
            return
        guard = self.venue.gate.blocks(scope["client"][0], now())
        if guard is not None and not scope["path"].startswith(control.CONTROL_PREFIX):
            await self._leave(scope, receive, send, Unanswered(None if guard.is_silent else 0.0))
        elif scope["type"] == "websocket":
            await sockets.serve(self.venue, scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _serve_tradier(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await tradier_sockets.serve(self.tradier, scope, receive, send)
        elif tradier_sockets.is_stream(scope["method"], scope["path"]):
            await tradier_sockets.serve_http(self.tradier, scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _serve_alpaca(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await alpaca_sockets.serve(self.alpaca, scope, receive, send)
        elif alpaca_sockets.is_stream(scope["method"], scope["path"]):
            await alpaca_sockets.serve_events(self.alpaca, scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _serve_news(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await news_sockets.serve(self.news, scope, receive, send)
            return
        answer = await news_http.answer(self.news, await read_request(scope, receive))
        self.venue.save()
        if isinstance(answer, SimNewsStream):
            await news_http.send_stream(send, receive, answer)
        elif isinstance(answer, Unanswered):
            await self._leave(scope, receive, send, answer)
        else:
            await send_answer(send, self._dated(answer))

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await read_request(scope, receive)
        if (done := self._at_door(request)) is not None:
            self.venue.save()
            await send_answer(send, done)
            return
        if tradier_http.serves(request.path):
            answer = await tradier_http.answer(self.tradier, request)
        elif alpaca_http.serves(request.path):
            answer = await alpaca_http.answer(self.alpaca, request)
        else:
            answer = await http.answer(self.venue, request)
        self.venue.save()
        if isinstance(answer, Unanswered):
            await self._leave(scope, receive, send, answer)
        else:
            await send_answer(send, self._dated(answer))

    def _dated(self, answer: Answer) -> Answer:
        date = email.utils.formatdate(self.venue.wall_ms() / 1000, usegmt=True)
        return msgspec.structs.replace(answer, headers=(*answer.headers, ("date", date)))

    def _at_door(self, request: SimRequest) -> Answer | None:
        """Do what is asked for at the door of one of the venues. None where it is not asked for there."""
        if request.path.startswith(tradier_control.CONTROL_PREFIX):
            return tradier_control.answer(self.tradier, request)
        if request.path.startswith(alpaca_control.CONTROL_PREFIX):
            return alpaca_control.answer(self.alpaca, request)
        if request.path.startswith(news_control.CONTROL_PREFIX):
            return news_control.answer(self.news, request)
        if request.path.startswith(model_control.CONTROL_PREFIX):
            return model_control.answer(self.model, request)
        if request.path.startswith(control.CONTROL_PREFIX):
            return control.answer(self.venue, request)
        return None

    async def _leave(self, scope: Scope, receive: Receive, send: Send, unanswered: Unanswered) -> None:
        """Leave a client without an answer until one side ends the connection."""
        try:
            async with asyncio.timeout(unanswered.cut_after):
                await gone(receive)
        except TimeoutError:
            self.venue.lines.cut(tuple(scope["client"]))
            await gone(receive)
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})  # nobody hears it; uvicorn wants a handshake to end
