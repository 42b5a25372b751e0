"""The catalogue of brokers: what can be linked, where it lives, and which module speaks to it.

Adapters are named by dotted path and imported on first use (`import tastytrade` alone costs 82 MB and 0.8 s).
"""

import importlib
import pathlib

import msgspec

from brokers.contract import Broker, Credentials, Endpoints
from brokers.errors import LinkLost

ENVIRONMENTS = ("live", "sandbox", "simulated")
LOOPBACK_FILE = "loopback.json"
"""The loopback venues write where they listen into this file of the run directory."""


class CredentialField(msgspec.Struct, frozen=True):
    """One secret a person pastes. `setting` names the desk-wide value that stands in for it, if one is set."""

    name: str
    label: str
    help: str
    setting: str = ""


class Venue(msgspec.Struct, frozen=True):
    """One venue: its adapter's dotted path and its fixed addresses by environment (`simulated` is looked up)."""

    name: str
    title: str
    adapter: str
    addresses: dict[str, Endpoints]
    fields: tuple[CredentialField, ...]


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
    ),
}


def endpoints(venue: str, environment: str, run_dir: pathlib.Path) -> Endpoints:
    """Return where `venue` lives in `environment`; `simulated` is read anew from the loopback's file each time."""
    if environment != "simulated":
        return VENUES[venue].addresses[environment]
    path = run_dir / LOOPBACK_FILE
    try:
        line = msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, msgspec.Raw]])
        return Endpoints(
            rest=msgspec.json.decode(line[venue]["rest"], type=str),
            account_stream=msgspec.json.decode(line[venue].get("account_stream", msgspec.Raw(b'""')), type=str),
        )
    except (OSError, KeyError, msgspec.MsgspecError) as error:
        raise LinkLost(f"no simulated {venue} runs here ({LOOPBACK_FILE} is missing or unreadable)") from error


def adapter(venue: str) -> type[Broker]:
    """Return the class that speaks to `venue`, importing its module on first use."""
    module, _, name = VENUES[venue].adapter.rpartition(".")
    found: type[Broker] = getattr(importlib.import_module(module), name)
    return found


def open_broker(venue: str, environment: str, credentials: Credentials, *, link: str, run_dir: pathlib.Path) -> Broker:
    """Make the broker of one link. Connects nothing yet. Raises LinkLost when a simulated venue is not running."""
    return adapter(venue)(
        link=link,
        credentials=credentials,
        endpoints=endpoints(venue, environment, run_dir),
        environment=environment,
    )
