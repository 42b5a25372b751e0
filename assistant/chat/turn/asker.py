"""Who asks in a turn, and which model server answers."""

import zoneinfo

import msgspec

from accounts.auth.access import Access
from assistant.chat.server import ModelServer
from assistant.chat.turn.limits import TurnLimits
from assistant.contract.caller import ToolCaller

READ = frozenset({"read"})


class Asker(msgspec.Struct, frozen=True, kw_only=True):
    """A person who asks, and what their turn may cost."""

    access: Access
    address: str
    server: ModelServer
    zone: zoneinfo.ZoneInfo
    limits: TurnLimits
    temperature: float | None = None

    @property
    def caller(self) -> ToolCaller:
        """By whom tools are called: chat reads, whatever the person may do elsewhere."""
        return ToolCaller(self.access, READ, self.address)
