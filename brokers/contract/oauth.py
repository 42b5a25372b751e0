"""What a venue that can be linked by redirect offers beside its broker (OAuth 2, authorization code)."""

import typing

import msgspec

from brokers.contract.broker import Credentials, Endpoints


class OAuthClient(msgspec.Struct, frozen=True):
    """A client registered at a venue: a person's own, or the desk's. Shows its id, never its secret."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"<OAuthClient {self.id}>"


class CodeGrant(msgspec.Struct, frozen=True):
    """What a code was exchanged for. `scopes` None where the venue does not tell."""

    credentials: Credentials
    scopes: tuple[str, ...] | None = None


class OAuth(typing.Protocol):
    """The redirect flow of one venue in one environment, whose authorize page is `page`."""

    def __init__(self, page: str, endpoints: Endpoints) -> None: ...

    def authorize_url(self, client_id: str, redirect_uri: str, scopes: typing.Sequence[str], state: str) -> str:
        """Return where a person lets the client in. Pure."""

    async def exchange(self, client: OAuthClient, redirect_uri: str, code: str) -> CodeGrant:
        """Exchange a code, once. Raises CredentialsRejected or LinkLost."""
