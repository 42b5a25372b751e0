"""Which model server answers, by the settings of the desk."""

import pathlib
import typing
import urllib.parse

import msgspec
from django.conf import settings

from brokers.catalogue import LOOPBACK_FILE

OPENAI_URL = "https://api.openai.com/v1"
SIMULATED_CONTEXT = 32_768
"""Tokens that the simulated model is told at once: it reads whatever it gets."""

ProviderName = typing.Literal["openai", "local"]


class ModelServer(msgspec.Struct, frozen=True):
    """A model, and where it is asked: paths are appended to `base_url`. `context_tokens`: prompt and answer together.

    `is_simulated`: it follows rules, and knows no language.
    """

    provider: ProviderName
    base_url: str
    model: str
    api_key: str
    context_tokens: int
    is_simulated: bool = False

    def __repr__(self) -> str:
        """Say which it is, without its key."""
        return f"<ModelServer {self.model!r} of {self.host}>"

    @property
    def host(self) -> str:
        """Whom people's words and data go to: its host, with the port where the address names one."""
        return urllib.parse.urlsplit(self.base_url).netloc.rpartition("@")[2]


class _SimulatedModel(msgspec.Struct, frozen=True):
    rest: str
    model: str


class _LoopbackModel(msgspec.Struct, frozen=True):
    model: _SimulatedModel


def model_server() -> ModelServer | None:
    """Return the model server of this desk; None where none is configured.

    Beside simulated venues of a desk that is not in production it is the simulated one, unless another is named;
    its address is read anew each time.
    """
    tokens = settings.LLM_CONTEXT_TOKENS
    if settings.USE_OPENAI:
        if not settings.LLM_API_KEY or not settings.LLM_MODEL:
            return None
        return ModelServer("openai", OPENAI_URL, settings.LLM_MODEL, settings.LLM_API_KEY, tokens)
    if settings.LOCAL_LLM_BASE_URL:
        base_url, model = settings.LOCAL_LLM_BASE_URL, settings.LOCAL_LLM_MODEL
        return ModelServer("local", base_url, model, settings.LLM_API_KEY, tokens)
    return _simulated() if settings.CHAT_SIMULATED else None


def _simulated() -> ModelServer | None:
    """Return the model that runs beside the simulated venues; None while they do not run."""
    try:
        raw = (pathlib.Path(settings.RUN_DIR) / LOOPBACK_FILE).read_bytes()
        told = msgspec.json.decode(raw, type=_LoopbackModel).model
    except (OSError, msgspec.MsgspecError):
        return None
    return ModelServer("local", told.rest, told.model, "", SIMULATED_CONTEXT, is_simulated=True)
