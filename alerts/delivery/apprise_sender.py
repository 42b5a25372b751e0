"""The rest of the world, by `apprise`: an extra (requirements-apprise.txt), imported when such a channel is first told.

What it does by itself (names, redirects, proxies, attempts) is held to the addresses that a desk may ask, to one try,
and to a time: its connections are cut when that is over.
"""

import asyncio
import concurrent.futures
import functools
import importlib
import importlib.util
import json
import logging
import re
import threading
import typing

from alerts.delivery.apprise_address import SERVICES, BadAddressError, read_scheme
from alerts.delivery.contract import Message, Refused, Undelivered
from lib.outbound.addresses import AddressRules
from lib.outbound.connection_guard import ConnectionGuard

PACKAGE = "apprise"
AT_ONCE = 4
"""Threads for it."""
LIMIT_S = 10.0
BODY = 3_500
"""Characters of a message, as JSON in ASCII: of more than 4,096 apprise makes an attachment for ntfy."""
TITLE = 200
_STATUS = re.compile(r"error=(\d{3})\b")


def is_installed() -> bool:
    """Whether this desk has the extra."""
    return importlib.util.find_spec(PACKAGE) is not None


@functools.cache
def _threads() -> concurrent.futures.ThreadPoolExecutor:
    return concurrent.futures.ThreadPoolExecutor(AT_ONCE, thread_name_prefix="alerts-apprise")


class AppriseSender:
    """One address of a service. Raises BadAddressError."""

    def __init__(self, rules: AddressRules, address: str) -> None:
        self._rules = rules
        self._address = address
        self._service = SERVICES[read_scheme(address)]

    def __repr__(self) -> str:
        return f"<AppriseSender {self._service}>"

    async def send(self, message: Message) -> None:
        """Hand over a message. Raises Undelivered; Refused where the extra is gone, or cannot read the address."""
        if not is_installed():
            raise Refused("this desk does not have apprise any more (requirements-apprise.txt)")
        guard = ConnectionGuard(self._rules)
        told = functools.partial(_notify, self._address, message)
        working = asyncio.get_running_loop().run_in_executor(_threads(), guard.run, told)
        try:
            async with asyncio.timeout(LIMIT_S):
                status = await asyncio.shield(working)
        except TimeoutError:
            raise Undelivered(f"{self._service} did not take it within {LIMIT_S:g} s") from None
        except BadAddressError as error:
            raise Refused(str(error)) from None
        finally:
            guard.cut()
            working.cancel()
        if status is not None:
            raise Undelivered(guard.refused or f"{self._service} did not take it{status}")


def _notify(address: str, message: Message) -> str | None:
    """Hand over a message, in a thread. Returns None once it was taken, else what is known of why not.

    Raises BadAddressError.
    """
    plugin = _plugin(address)
    said = _listener()
    said.status = ""
    text = "\n\n".join(part for part in (message.body, message.url) if part) or message.title
    is_taken = plugin.notify(
        title=" ".join(message.title.split())[:TITLE],
        body=_cut(text),
        notify_type=importlib.import_module(PACKAGE).NotifyType.INFO,
        body_format=importlib.import_module(PACKAGE).NotifyFormat.TEXT,
    )
    return None if is_taken else said.status


def _cut(text: str) -> str:
    """Return as much of a text as fits."""
    while (length := len(json.dumps(text))) > BODY:
        text = text[: len(text) * BODY // length]
    return text


def _plugin(address: str) -> typing.Any:
    """Return what apprise makes of an address. Raises BadAddressError where that is another service, or none."""
    apprise = importlib.import_module(PACKAGE)
    asset = apprise.AppriseAsset(
        app_id="Tapedeck", async_mode=False, http_redirects=False, pem_autogen=False, pgp_autogen=False,
        storage_mode=apprise.PersistentStoreMode.MEMORY, secure_logging=True, allow_templates=False,
    )  # fmt: skip
    plugin = apprise.Apprise.instantiate(address, asset=asset)
    scheme = read_scheme(address)
    names = [] if plugin is None else plugin.secure_protocol
    if scheme not in ([names] if isinstance(names, str) else names):
        raise BadAddressError(f"apprise cannot read this address of {SERVICES[scheme]}")
    return plugin


class _Listener(logging.Handler):
    """Takes from apprise's own lines, which may quote addresses, nothing but the status of an answer."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._here = threading.local()

    @property
    def status(self) -> str:
        """The last one that came in this thread, as what is added to a sentence."""
        return typing.cast(str, self._here.status)

    @status.setter
    def status(self, status: str) -> None:
        self._here.status = status

    def emit(self, record: logging.LogRecord) -> None:
        """See a line."""
        if found := _STATUS.search(record.getMessage()):
            self.status = f": it answers HTTP {found[1]}"


@functools.cache
def _listener() -> _Listener:
    listener, logger = _Listener(), logging.getLogger(PACKAGE)
    logger.handlers, logger.propagate = [listener], False
    logger.setLevel(logging.WARNING)
    return listener
