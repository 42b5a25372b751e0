"""A client that knows only what the account stream told it, from nothing."""

import typing

Message = dict[str, typing.Any]


class Replay:
    """What notifications, replayed from empty, amount to: orders by id, positions by symbol, the last balance."""

    def __init__(self) -> None:
        self.orders: dict[int, Message] = {}
        self.complexes: dict[int, Message] = {}
        self.positions: dict[str, Message] = {}
        self.balance: Message = {}
        self.gains: list[Message] = []
        self.kinds: list[str] = []
        """The type of each notification, as they came."""

    def hear(self, message: Message) -> None:
        """Take one message: a notification, or a batch of them. Anything else is no news."""
        for notice in message.get("results", [message]):
            if "type" in notice:
                self._take(notice["type"], notice["data"])

    def _take(self, kind: str, data: Message) -> None:
        self.kinds.append(kind)
        match kind:
            case "Order":
                self.orders[data["id"]] = data
            case "ComplexOrder":
                self.complexes[data["id"]] = data
            case "CurrentPosition" if data["quantity"] == 0:
                self.positions.pop(data["symbol"], None)
            case "CurrentPosition":
                self.positions[data["symbol"]] = data
            case "AccountBalance":
                self.balance = data
            case "UnderlyingYearGainSummary":
                self.gains.append(data)
