"""Linking by redirect at tastytrade (OAuth 2, RFC 6749, 4.1): where a person is sent, and what their code is worth.

The venue offers no PKCE, so there is none: the code is bound to the client by its secret, which never leaves the
server, and to the browser by `state`, which is the caller's.
"""

import urllib.parse
from collections.abc import Sequence

import msgspec

from brokers.adapter.http import ENCODINGS, USER_AGENT, BoundedClient, is_loopback, tls
from brokers.contract.broker import Credentials, Endpoints
from brokers.contract.errors import CredentialsRejected
from brokers.contract.oauth import CodeGrant, OAuthClient
from brokers.tastytrade.errors import VenueRefused, map_errors
from brokers.tastytrade.session import REQUEST_S, TOKEN_PATH, refuse

REJECTED = {
    "invalid_client": "the client ID or the client secret is not valid",
    "unauthorized_client": "this client may not be used this way",
    "invalid_grant": "the code was used already, has expired, or the redirect URI is not the registered one",
}
"""The token endpoint's words for what trying again cannot mend."""


class TokenAnswer(msgspec.Struct, frozen=True):
    """What is used of the answer to an exchange."""

    refresh_token: str
    scope: str | None = None


class TastytradeOAuth:
    """The redirect flow of one environment, whose authorize page is `page`."""

    def __init__(self, page: str, endpoints: Endpoints) -> None:
        self.page = page
        self._endpoints = endpoints

    def authorize_url(self, client_id: str, redirect_uri: str, scopes: Sequence[str], state: str) -> str:
        """Return where a person lets the client in. Pure."""
        query = {
            "client_id": client_id,
            "redirect_uri": redirect_uri,
            "response_type": "code",
            "scope": " ".join(scopes),
            "state": state,
        }
        return f"{self.page}?{urllib.parse.urlencode(query, quote_via=urllib.parse.quote)}"

    async def exchange(self, client: OAuthClient, redirect_uri: str, code: str) -> CodeGrant:
        """Exchange a code, once. Raises CredentialsRejected or LinkLost."""
        secrets = [client.secret, code]
        with map_errors(lambda: secrets):
            answer = await self._request_tokens(client, redirect_uri, code)
            credentials = Credentials(client_secret=client.secret, refresh_token=answer.refresh_token)
            return CodeGrant(credentials, None if answer.scope is None else tuple(answer.scope.split()))

    async def _request_tokens(self, client: OAuthClient, redirect_uri: str, code: str) -> TokenAnswer:
        plain = self._endpoints.rest.startswith("http:")
        async with BoundedClient(
            base_url=self._endpoints.rest,
            headers={"User-Agent": USER_AGENT, "Accept": "application/json", **ENCODINGS},
            verify=False if plain else tls(),
            trust_env=not is_loopback(self._endpoints.rest),
            timeout=REQUEST_S,
            event_hooks={"response": [refuse]},
        ) as http:
            form = {
                "grant_type": "authorization_code",
                "code": code,
                "client_id": client.id,
                "client_secret": client.secret,
                "redirect_uri": redirect_uri,
            }
            try:
                answer = await http.post(TOKEN_PATH, json=form)
            except VenueRefused as refused:
                if refused.code not in REJECTED:
                    raise
                raise CredentialsRejected(REJECTED[refused.code]) from refused
        return msgspec.json.decode(answer.content, type=TokenAnswer)
