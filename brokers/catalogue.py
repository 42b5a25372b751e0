"""The catalogue of brokers: what can be linked, where it lives, and which module speaks to it.

Adapters are named by dotted path and imported on first use (`import tastytrade` alone costs 82 MB and 0.8 s, and 27 MB
and 0.3 s without pandas).
"""

import importlib
import pathlib
import typing

import msgspec

from brokers.adapter.execution_only import ExecutionOnly
from brokers.contract.broker import Broker, Credentials, Endpoints
from brokers.contract.errors import LinkLost, NotSupported
from brokers.contract.oauth import OAuth, OAuthClient

ENVIRONMENTS = ("live", "sandbox", "simulated")
LOOPBACK_FILE = "loopback.json"
"""The loopback venues write where they listen into this file of the run directory."""


class CredentialField(msgspec.Struct, frozen=True):
    """One secret a person pastes. `setting` names the desk-wide value that stands in for it, if one is set.

    One that `is_optional` may be left out: the adapter gets by without it.
    """

    name: str
    label: str
    help: str
    setting: str = ""
    is_optional: bool = False


class Redirect(msgspec.Struct, frozen=True):
    """How a venue is linked by redirect: its flow's dotted path, and its authorize pages (`simulated` is looked up).

    `client_id` and `client_secret` name the settings of a client for the whole desk, registered in `desk_environment`.
    `access` is what a person may grant, the least first: the scopes asked for, and what they mean.
    """

    flow: str
    pages: dict[str, str]
    client_id: str
    client_secret: str
    desk_environment: str
    access: dict[tuple[str, ...], str]


class Venue(msgspec.Struct, frozen=True):
    """One venue: its adapter's dotted path and its fixed addresses by environment (`simulated` is looked up)."""

    name: str
    title: str
    adapter: str
    addresses: dict[str, Endpoints]
    fields: tuple[CredentialField, ...]
    redirect: Redirect | None = None
    """None where links are pasted only."""
    execution_only: bool = False
    """Whether it may hold accounts and carry out orders, and never feed a price (brokers/adapter/execution_only.py)."""


VENUES = {
    "tastytrade": Venue(
        name="tastytrade",
        title="tastytrade",
        adapter="brokers.tastytrade.Tastytrade",
        addresses={
            "live": Endpoints("https://api.tastyworks.com", "wss://streamer.tastyworks.com"),
            "sandbox": Endpoints("https://api.cert.tastyworks.com", "wss://streamer.cert.tastyworks.com"),
        },
        fields=(
            CredentialField(
                "client_secret",
                "Client secret",
                "Shown once when the OAuth client is made.",
                setting="TASTYTRADE_CLIENT_SECRET",
            ),
            CredentialField("refresh_token", "Refresh token", "From Manage → Create Grant of that OAuth client."),
        ),
        redirect=Redirect(
            flow="brokers.tastytrade.oauth.TastytradeOAuth",
            # The sandbox has no page that is known to answer; grants of it are pasted.
            pages={"live": "https://my.tastytrade.com/auth.html"},
            client_id="TASTYTRADE_CLIENT_ID",
            client_secret="TASTYTRADE_CLIENT_SECRET",
            desk_environment="live",
            access={
                ("read",): "Read only: prices, balances, positions and orders",
                ("read", "trade"): "Read and trade: this desk may place orders too",
            },
        ),
    ),
    "tradier": Venue(
        name="tradier",
        title="Tradier",
        adapter="brokers.tradier.Tradier",
        addresses={
            "live": Endpoints(
                "https://api.tradier.com",
                "wss://ws.tradier.com/v1/accounts/events",
                "wss://ws.tradier.com/v1/markets/events",
                "https://stream.tradier.com/v1/markets/events",
            ),
            "sandbox": Endpoints("https://sandbox.tradier.com", "wss://sandbox-ws.tradier.com/v1/accounts/events"),
        },
        fields=(
            CredentialField("data_token", "Access token", "From Settings → API Access. It reads prices and accounts."),
            CredentialField(
                "trading_token",
                "Access token for accounts",
                "Only where another one is to read your accounts; else leave it empty.",
                is_optional=True,
            ),
        ),
    ),
    "alpaca": Venue(
        name="alpaca",
        title="Alpaca",
        adapter="brokers.alpaca.Alpaca",
        addresses={
            "live": Endpoints("https://api.alpaca.markets", "wss://api.alpaca.markets/stream"),
            "sandbox": Endpoints("https://paper-api.alpaca.markets", "wss://paper-api.alpaca.markets/stream"),
        },
        fields=(
            CredentialField("key_id", "API key ID", "From the account's dashboard, under API Keys; paper has its own."),
            CredentialField("secret_key", "Secret key", "Shown once, when the key is made."),
        ),
        execution_only=True,
    ),
}


class _Client(msgspec.Struct, frozen=True):
    client_id: str
    client_secret: str
    accounts: list[str] | None


class _Told(msgspec.Struct, frozen=True):
    """What a loopback venue says of itself in its file, as far as a desk needs it."""

    rest: str
    account_stream: str = ""
    market_socket: str = ""
    stream: str = ""
    authorize: str = ""
    clients: tuple[_Client, ...] = ()


def _told(venue: str, run_dir: pathlib.Path) -> _Told:
    """Read the loopback's file anew. Raises LinkLost."""
    path = run_dir / LOOPBACK_FILE
    try:
        line = msgspec.json.decode(path.read_bytes(), type=dict[str, msgspec.Raw])
        return msgspec.json.decode(line[venue], type=_Told)
    except (OSError, KeyError, msgspec.MsgspecError) as error:
        raise LinkLost(f"no simulated {venue} runs here ({LOOPBACK_FILE} is missing or unreadable)") from error


def endpoints(venue: str, environment: str, run_dir: pathlib.Path) -> Endpoints:
    """Return where `venue` lives in `environment`; `simulated` is read anew from the loopback's file each time."""
    if environment != "simulated":
        return VENUES[venue].addresses[environment]
    told = _told(venue, run_dir)
    return Endpoints(told.rest, told.account_stream, told.market_socket, told.stream)


def imported(path: str) -> typing.Any:
    """Return what a dotted path names, importing its module on first use."""
    module, _, name = path.rpartition(".")
    return getattr(importlib.import_module(module), name)


def adapter(venue: str) -> type[Broker]:
    """Return the class that speaks to `venue`, importing its module on first use."""
    found: type[Broker] = imported(VENUES[venue].adapter)
    return found


def oauth(venue: str, environment: str, run_dir: pathlib.Path) -> OAuth:
    """Return the redirect flow of `venue`. Raises LinkLost when a simulated venue is not running.

    Raises NotSupported where the venue has none.
    """
    redirect = VENUES[venue].redirect
    if redirect is None or environment not in (*redirect.pages, "simulated"):
        raise NotSupported(f"linking by redirect ({environment})")
    page = _told(venue, run_dir).authorize if environment == "simulated" else redirect.pages[environment]
    flow: type[OAuth] = imported(redirect.flow)
    return flow(page, endpoints(venue, environment, run_dir))


def desk_client(
    venue: str, environment: str, configured: OAuthClient | None, run_dir: pathlib.Path
) -> OAuthClient | None:
    """Return the client of the whole desk: the `configured` one where it belongs; a simulated venue brings its own."""
    redirect = VENUES[venue].redirect
    if redirect is None or environment != "simulated":
        return configured if redirect and environment == redirect.desk_environment else None
    try:
        partners = [client for client in _told(venue, run_dir).clients if client.accounts is None]
    except LinkLost:
        return None
    return OAuthClient(partners[0].client_id, partners[0].client_secret) if partners else None


def open_broker(venue: str, environment: str, credentials: Credentials, *, link: str, run_dir: pathlib.Path) -> Broker:
    """Make the broker of one link. Connects nothing yet. Raises LinkLost when a simulated venue is not running.

    That of an execution-only venue says nothing of the market, whatever its adapter does.
    """
    broker = adapter(venue)(
        link=link,
        credentials=credentials,
        endpoints=endpoints(venue, environment, run_dir),
        environment=environment,
    )
    return ExecutionOnly(broker) if VENUES[venue].execution_only else broker
