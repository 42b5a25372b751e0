"""Errors of the chat's endpoints, as clients of OpenAI's API read them."""

import contextlib
import math
import typing
from collections.abc import AsyncIterator

from accounts.credentials.encryption import SealError
from assistant.chat.conversations.store import UnknownConversationError
from assistant.chat.provider.errors import ProviderError
from assistant.counts import counts
from assistant.mcp.request import LeftError
from streaming.ledger.errors import LedgerError
from streaming.transports.admission import NotAdmittedError
from streaming.transports.responses import Send, answer
from streaming.wire import frames
from streaming.wire.subscription import SubscriptionError

AWAY_S, BUSY_S = 5.0, 10.0
STATUS = {
    "invalid_api_key": 401,
    "consent_required": 403,
    "forbidden": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "too_large": 413,
    "unsupported_media_type": 415,
    "rate_limit_exceeded": 429,
    "provider_error": 502,
    "provider_unavailable": 503,
    "unavailable": 503,
    "timeout": 504,
}
"""HTTP's word for a code; 400 for every other."""
TYPES = {403: "permission_error", 429: "rate_limit_error", 502: "api_error", 503: "api_error", 504: "api_error"}
"""OpenAI's type of an error by its status; `invalid_request_error` for every other."""
ADMISSION = {401: "invalid_api_key", 403: "forbidden", 429: "rate_limit_exceeded", 503: "unavailable"}


class ChatError(Exception):
    """A request that is refused: a code, a sentence, the parameter that is wrong, and when to come again (s).

    `told` is what stands under `tapedeck` beside the error; `allow` names the methods that an address has.
    """

    def __init__(
        self, code: str, message: str, *, param: str | None = None, retry_s: float | None = None,
        told: typing.Mapping[str, typing.Any] | None = None, allow: str = "",
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.code = code
        self.message = message
        self.param = param
        self.retry_s = retry_s
        self.told = told
        self.allow = allow

    @property
    def status(self) -> int:
        """HTTP's status."""
        return STATUS.get(self.code, 400)

    @property
    def body(self) -> dict[str, typing.Any]:
        """The error as JSON."""
        kind = TYPES.get(self.status, "invalid_request_error")
        error = {"message": self.message, "type": kind, "param": self.param, "code": self.code}
        return {"error": error} if self.told is None else {"error": error, "tapedeck": self.told}


def of_provider(error: ProviderError) -> ChatError:
    """Return what a client is told of a model server that fails."""
    return ChatError(error.code, error.detail, retry_s=error.retry_after_s)


@contextlib.asynccontextmanager
async def refusing(send: Send) -> AsyncIterator[None]:
    """Answer what is raised before an answer has begun. A client that left is no error."""
    with contextlib.suppress(OSError, LeftError):
        try:
            yield
        except ChatError as error:
            await refuse(send, error)
        except NotAdmittedError as error:
            refused = error.refusal
            code = ADMISSION.get(refused.status, refused.code)
            await refuse(send, ChatError(code, refused.detail, retry_s=refused.retry_s), refused.challenge)
        except SubscriptionError as error:
            await refuse(send, ChatError("rate_limit_exceeded", error.detail, retry_s=BUSY_S))
        except UnknownConversationError:
            await refuse(send, ChatError("not_found", "You have no such conversation."))
        except LedgerError:
            await refuse(send, ChatError("unavailable", "The database is away. Come again.", retry_s=AWAY_S))
        except SealError:
            await refuse(send, ChatError("unavailable", "The conversation does not open with the keys of this desk."))


async def refuse(send: Send, error: ChatError, challenge: str = "") -> None:
    """Answer with an error."""
    counts.chat_refused[error.code] += 1
    headers = {} if error.retry_s is None else {"Retry-After": str(max(1, math.ceil(error.retry_s)))}
    headers |= {"Allow": error.allow} if error.allow else {}
    headers |= {"WWW-Authenticate": challenge} if challenge else {}
    await answer(send, error.status, frames.dumps(error.body), headers)


def wrong_body(error: Exception) -> ChatError:
    """Return what is answered where a body has not the form of a request."""
    text = str(error)
    _, found, rest = text.partition("`$.")
    param = rest.partition("`")[0].partition("[")[0].partition(".")[0] if found else None
    return ChatError("invalid_request_error", f"{text[:200]}.", param=param)
