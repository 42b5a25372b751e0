"""`POST /chat/consent` {"host": …}: a person agrees that the model host gets their words; DELETE withdraws it."""

import msgspec

from accounts.auth.access import Access
from assistant.chat.conversations import consent
from assistant.chat.endpoints.completions import required_server
from assistant.chat.endpoints.door import read_json
from assistant.chat.endpoints.errors import ChatError
from streaming.runtime import runtime
from streaming.transports.responses import Receive, Scope, Send, answer
from streaming.wire import frames


class ConsentBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The host that was shown."""

    host: str


async def agree(scope: Scope, receive: Receive, send: Send, access: Access) -> None:
    """Store a consent. Raises ChatError where the desk asks another host by now, or none, and LedgerError."""
    body = await read_json(scope, receive, ConsentBody)
    host = required_server().host
    if body.host != host:
        raise ChatError("invalid_request_error", f"This desk asks {host}.", param="host", told={"host": host})
    await runtime().ledger.write(consent.give_consent, access.person, host)
    await answer(send, 200, frames.dumps({"host": host}))


async def withdraw(scope: Scope, receive: Receive, send: Send, access: Access) -> None:
    """Forget every consent of the person. Raises LedgerError."""
    await runtime().ledger.write(consent.withdraw_consents, access.person)
    await answer(send, 200, frames.dumps({"host": None}))
