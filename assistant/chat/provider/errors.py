"""Why a model server gives no answer."""

import typing

ProviderErrorCode = typing.Literal[
    "provider_error", "provider_unavailable", "timeout", "context_length_exceeded", "rate_limit_exceeded"
]


class ProviderError(Exception):
    """No answer, or none to its end: a code, a sentence for people, and when to come again (s), if that is known.

    The sentence quotes nothing that the server wrote: it may repeat the key, or what people asked.
    """

    def __init__(self, code: ProviderErrorCode, detail: str, retry_after_s: float | None = None) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.retry_after_s = retry_after_s
