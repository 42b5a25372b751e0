"""The loopback venues as one ASGI app on uvicorn, for the command line and for tests in their own event loop."""

import asyncio
import contextlib
import decimal
import pathlib
import socket
import struct
import typing

import msgspec
import uvicorn
from websockets.exceptions import InvalidState

from simulator.alpaca import control as alpaca_control
from simulator.alpaca.activities import NonTrade
from simulator.alpaca.control import venue_report as alpaca_told
from simulator.alpaca.faults import catalogue as alpaca_catalogue
from simulator.app import App
from simulator.asgi import Client, Json, SimLines
from simulator.clock import WallClock
from simulator.faults.faults import Fault
from simulator.market.market import SimMarket
from simulator.news import control as news_control
from simulator.news.control import SimNewsStory
from simulator.news.faults import catalogue as news_catalogue
from simulator.state import SimState, open_state
from simulator.tastytrade import backoffice, control
from simulator.tastytrade.faults import catalogue
from simulator.tastytrade.oauth.authorize_page import PATH as AUTHORIZE_PATH
from simulator.tastytrade.oauth.grants import CODE_S
from simulator.tastytrade.oauth.tokens import QUOTE_TOKEN_S
from simulator.tastytrade.venue import run_clock, wall_ms
from simulator.tradier import control as tradier_control
from simulator.tradier.control import venue_report
from simulator.tradier.faults import catalogue as tradier_catalogue
from simulator.venues import Venues

HOST = "127.0.0.1"
DEFAULT_PORT = 8720
DEFAULT_SEED = 7
TOKEN_LIFETIME_S = 900.0
_SHUTDOWN_S = 1
_NO_LINGER = struct.pack("ii", 1, 0)


class Options(msgspec.Struct, frozen=True):
    """How to run the venues. `speed` multiplies how fast the market moves, lifetimes of tokens are in seconds.

    `calendar` `real` lets the market move in regular trading hours only.
    """

    port: int = DEFAULT_PORT
    seed: int = DEFAULT_SEED
    speed: float = 1.0
    token_lifetime: float = TOKEN_LIFETIME_S
    quote_lifetime: float = QUOTE_TOKEN_S
    code_lifetime: float = CODE_S
    calendar: typing.Literal["always", "real"] = "always"
    news: bool = False
    """Whether the market makes news by itself, which move its prices."""
    edge: float = 0.0
    """What the sizes in books know of the next five minutes: a correlation from 0 to below 1."""
    actions: bool = False
    """Whether companies pay dividends and, rarely, split their shares."""
    keep: pathlib.Path | None = None
    """The file in which the venues keep what they know. Without one they begin anew with every start."""

    def venues(self) -> Venues:
        """Return new venues."""
        clock = WallClock(wall_ms)
        market = SimMarket(self.seed, clock(), **self._terms)
        return Venues(market, clock, has_news=self.news, **self._lifetimes)

    def opened(self, path: pathlib.Path) -> SimState:
        """Return the venues that are kept in a file. Raises ArchiveError."""
        return open_state(
            path,
            self.seed,
            WallClock(wall_ms),
            terms=self._terms,
            has_news=self.news,
            **self._lifetimes,
        )

    @property
    def _terms(self) -> dict[str, typing.Any]:
        return {"is_always_open": self.calendar == "always", "edge": self.edge, "has_actions": self.actions}

    @property
    def _lifetimes(self) -> dict[str, float]:
        names = ("token_lifetime", "quote_lifetime", "code_lifetime")
        return {name: getattr(self, name) for name in names}


class SimServer(uvicorn.Server):
    """uvicorn without its signal handlers and its polling: whoever runs this ends it, and hears when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: asyncio.Event) -> None:
        super().__init__(config)
        self.ready = ready
        self.ending = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> typing.Iterator[None]:
        """Leave the signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to accept connections."""
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        """Serve until told to end."""
        await self.ending.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, tell every connection to close, and wait a moment for those that are busy."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            try:
                connection.shutdown()
            except InvalidState:  # its client closes it at this very moment
                connection.transport.close()
        if self.server_state.tasks:
            _, busy = await asyncio.wait(self.server_state.tasks, timeout=_SHUTDOWN_S)
            for task in busy:
                task.cancel()
            await asyncio.gather(*busy, return_exceptions=True)


class Connections(SimLines):
    """The connections of a server."""

    def __init__(self, server: SimServer) -> None:
        self._server = server

    def _of(self, client: Client) -> typing.Iterator[asyncio.Transport]:
        for connection in list(self._server.server_state.connections):
            if getattr(connection, "client", None) == client:
                yield connection.transport

    def cut(self, client: Client) -> None:
        """End it without a word."""
        for transport in self._of(client):
            transport.abort()

    def reset(self, client: Client) -> None:
        """End it with a TCP reset: a socket that does not linger sends one."""
        for transport in self._of(client):
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            transport.abort()

    def freeze(self, client: Client) -> None:
        """Read nothing of it any more; its pings stay unanswered."""
        for transport in self._of(client):
            transport.pause_reading()

    def thaw(self, client: Client) -> None:
        """Read it again."""
        for transport in self._of(client):
            transport.resume_reading()


def bind(port: int) -> socket.socket:
    """Listen on the loopback interface; port 0 picks a free one. Raises OSError when it is taken."""
    listener = socket.socket(
        socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
    )  # asyncio sets TCP_NODELAY on these
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    return listener


class SimRunning:
    """A venue that is being served."""

    def __init__(self, options: Options, listener: socket.socket) -> None:
        self.options = options
        self.ready = asyncio.Event()
        """Set once connections are accepted."""
        self.port: int = listener.getsockname()[1]
        self._state = None if options.keep is None else options.opened(options.keep)
        venues = options.venues() if self._state is None else self._state.venues
        self.tastytrade, self.tradier, self.alpaca = venues.tastytrade, venues.tradier, venues.alpaca
        self.news, self.model = venues.news, venues.model
        self._all = (self.tastytrade, self.tradier, self.alpaca, self.news)
        for each in self._all:
            each.address = f"{HOST}:{self.port}"
        self.model.address = f"{HOST}:{self.port}"
        config = uvicorn.Config(
            App(venues),
            ws="websockets-sansio",
            ws_ping_interval=None,
            ws_per_message_deflate=False,
            ws_max_size=1 << 20,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=False,
        )
        self._server = SimServer(config, self.ready)
        self._listener = listener
        for each in self._all:
            each.lines = Connections(self._server)

    @property
    def rest(self) -> str:
        """Where the REST API is."""
        return f"http://{HOST}:{self.port}"

    @property
    def line(self) -> Json:
        """What an outside client needs to know, as `--json` prints it."""
        return {
            "tastytrade": {
                "rest": self.rest,
                "account_stream": f"ws://{HOST}:{self.port}/alerts",
                "authorize": self.rest + AUTHORIZE_PATH,
                "clients": [
                    {
                        "client_id": application.id,
                        "client_secret": application.secret,
                        "accounts": sorted(application.owner.numbers) if application.owner else None,
                        "redirect_uris": list(application.redirect_uris),
                        "scopes": list(application.scopes),
                    }
                    for application in self.tastytrade.grants.applications.values()
                ],
                "grants": [
                    {
                        "client_secret": grant.application.secret,
                        "refresh_token": grant.refresh_token,
                        "accounts": [account.number for account in grant.customer.accounts],
                    }
                    for grant in self.tastytrade.grants
                ],
            },
            "tradier": venue_report(self.tradier),
            "alpaca": alpaca_told(self.alpaca),
            "news": news_control.venue_report(self.news),
            "model": self.model.report,
        }

    async def serve(self) -> None:
        """Serve until told to stop."""
        async with asyncio.TaskGroup() as group:
            clock = group.create_task(run_clock(self.tastytrade, self.options.speed, *self._all[1:]))
            server = group.create_task(self._server.serve(sockets=[self._listener]))
            await server
            clock.cancel()
        if self._state is not None:
            self._state.close()

    def stop(self) -> None:
        """Ask the server to end."""
        self._server.ending.set()

    def kill(self) -> None:
        """End as a killed process does: every connection is cut without a word."""
        for server in self._server.servers:
            server.close()
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()
        self.stop()

    def fault(self, name: str, **options: typing.Any) -> int:
        """Commit a fault (see `catalogue.ACTS`). Returns how many it struck. Raises BadFault or ValidationError."""
        return catalogue.commit(self.tastytrade, msgspec.convert({"fault": name, **options}, Fault))

    def faults(self) -> Json:
        """Return every fault and what stands now, as `GET /_sim/faults` does."""
        return catalogue.report(self.tastytrade)

    def tradier_fault(self, name: str, **options: typing.Any) -> int:
        """Commit a fault at Tradier. Returns how many it struck. Raises BadFault or ValidationError."""
        return tradier_catalogue.commit(self.tradier, msgspec.convert({"fault": name, **options}, Fault))

    def add_tradier_person(self, **new: typing.Any) -> None:
        """Add a person to Tradier (see `SimTradierNewPerson`). Raises ValidationError or `SimTradierControlError`."""
        tradier_control.add_person(self.tradier, msgspec.convert(new, tradier_control.SimTradierNewPerson))

    def tradier_stats(self) -> Json:
        """Return what Tradier was asked so far and who is connected, as `GET /_sim/tradier/stats` does."""
        return tradier_control.report(self.tradier)

    def alpaca_fault(self, name: str, **options: typing.Any) -> int:
        """Commit a fault at Alpaca. Returns how many it struck. Raises BadFault or ValidationError."""
        return alpaca_catalogue.commit(self.alpaca, msgspec.convert({"fault": name, **options}, Fault))

    def add_alpaca_person(self, **new: typing.Any) -> None:
        """Add a person to Alpaca (see `SimAlpacaNewPerson`). Raises ValidationError or `SimAlpacaControlError`."""
        alpaca_control.add_person(self.alpaca, msgspec.convert(new, alpaca_control.SimAlpacaNewPerson))

    def alpaca_stats(self) -> Json:
        """Return what Alpaca was asked so far and who is connected, as `GET /_sim/alpaca/stats` does."""
        return alpaca_control.report(self.alpaca)

    def alpaca_activity(self, account: str, type: str, amount: decimal.Decimal, **more: typing.Any) -> str:
        """Book something at Alpaca that is no trade (see `NonTrade`); returns its id.

        Raises `SimAlpacaControlError`.
        """
        return alpaca_control.book(self.alpaca, NonTrade(account, type, amount, **more))

    def news_fault(self, name: str, **options: typing.Any) -> int:
        """Commit a fault at the news sources. Returns how many it struck. Raises BadFault or ValidationError."""
        return news_catalogue.commit(self.news, msgspec.convert({"fault": name, **options}, Fault))

    def news_story(self, symbol: str, headline: str, **more: typing.Any) -> list[int]:
        """Let a story come out (see `SimNewsStory`). Returns the numbers of what was published at once.

        Raises ValidationError or `SimNewsControlError`.
        """
        wanted = msgspec.convert({"symbol": symbol, "headline": headline, **more}, SimNewsStory)
        return [item.id for item in news_control.tell(self.news, wanted)]

    def news_stats(self) -> Json:
        """Return what the news sources were asked and who is connected, as `GET /_sim/news/stats` does."""
        return news_control.report(self.news)

    def stats(self) -> Json:
        """Return what was asked so far and who is connected, as `GET /_sim/stats` does."""
        return control.report(self.tastytrade)

    def set_price(self, symbol: str, price: float) -> None:
        """Put `symbol` at `price` dollars. Raises `SimTastytradeControlError`."""
        control.set_price(self.tastytrade, symbol, price)

    def set_account(self, account: str, cash: decimal.Decimal | None = None, **figures: decimal.Decimal) -> None:
        """Change an account's cash, or figures of its balance (`net_liquidating_value=…`).

        Raises `SimTastytradeControlError`.
        """
        named = {name.replace("_", "-"): value for name, value in figures.items()}
        control.set_account(self.tastytrade, control.Figures(account, cash, named))

    def restrict(self, account: str, **change: typing.Any) -> None:
        """Change what an account may do (see `StandingChange`). Raises ValidationError or `SimBackofficeError`."""
        wanted = msgspec.convert({"account": account, "change": change}, backoffice.SimTastytradeNewStatus)
        backoffice.restrict(self.tastytrade, wanted)

    def transfer(self, account: str, amount: decimal.Decimal) -> None:
        """Deposit dollars, or withdraw them where `amount` is negative. Raises `SimBackofficeError`."""
        backoffice.transfer(self.tastytrade, backoffice.Transfer(account, amount))

    def publish(self, name: str, symbols: list[str]) -> None:
        """Change a public watchlist, or add one."""
        backoffice.publish(self.tastytrade, backoffice.PublicList(name, symbols))

    def add_customer(self, **new: typing.Any) -> None:
        """Add a customer (see `control.NewCustomer`). Raises ValidationError or `SimTastytradeControlError`."""
        control.add_customer(self.tastytrade, msgspec.convert(new, control.NewCustomer))


@contextlib.asynccontextmanager
async def running(port: int = 0, **options: typing.Any) -> typing.AsyncIterator[SimRunning]:
    """Serve the venues in this event loop while the block runs, with any of `Options`. Its port is free right after."""
    venue = SimRunning(Options(port=port, **options), bind(port))
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(venue.serve())
        await venue.ready.wait()
        try:
            yield venue
        finally:
            venue.stop()
            await serving
