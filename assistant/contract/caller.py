"""Who calls a tool, and what they may."""

import msgspec

from accounts.auth.access import Access
from accounts.auth.authentication import Scope


class ToolCaller(msgspec.Struct, frozen=True):
    """A person who calls: by what they came in, what that allows (`read`, `trade`), and the address of their client.

    `has_place`: the door where they came in counts this call among their open streams.
    """

    access: Access
    scopes: frozenset[str]
    address: str = ""
    has_place: bool = False

    @property
    def person_id(self) -> int:
        """Whose desk it is."""
        return self.access.person

    @property
    def token_id(self) -> str:
        """The API token they came in by; empty for a session."""
        return self.access.token

    @property
    def rate_key(self) -> str:
        """What calls are counted by: the token, else the person."""
        return f"token:{self.access.token}" if self.access.token else f"person:{self.access.person}"

    def may(self, scope: Scope) -> bool:
        """Whether they may `scope`."""
        return scope in self.scopes
