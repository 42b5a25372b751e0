"""DXLink as dxFeed's servers speak it (AsyncAPI 1.0.2): one dialogue per connection. Sans-IO.

The order is strict: SETUP, AUTH_STATE, AUTH, AUTH_STATE, then channels with odd numbers. Any message counts as a sign
of life; each side may close on the other's silence. Times are seconds of a monotonic clock, given by the caller.
"""

import functools
import re
import typing

import msgspec

from simulator.faults.faults import Faults
from simulator.faults.unkind_bars import BARS_FAULT
from simulator.tastytrade.dxlink.candle_events import parse_candle
from simulator.tastytrade.dxlink.channels import (
    CONTRACTS,
    LONGEST_SILENCE_S,
    Channel,
    are_subscriptions,
    seconds,
    subscriptions,
    text,
)
from simulator.tastytrade.dxlink.events import CANDLE, SimDxlinkFeed, Values
from simulator.tastytrade.dxlink.subscribers import Watchers

VERSION = "1.0-1.2.1-20240722-153442"
NORMAL = 1000
POLICY = 1008
_DATA = '"FEED_DATA"'
_UNAUTHORISED = '{"type":"AUTH_STATE","channel":0,"state":"UNAUTHORIZED"}'
_SUPPORTED = re.compile(r"(0\.1|1\.0)(-|$)")
"""A client writes the protocol's version before its own: `0.1-DXF-JS/0.3.0`."""
_CHANNELS = 64
_SUBSCRIPTIONS = 100_000


class SimQuoteToken(msgspec.Struct, frozen=True):
    """What a valid quote token opens: whose quotes these are."""

    customer: str
    accounts: frozenset[str]
    until: float = float("inf")


class SimDxlinkWire(typing.Protocol):
    """What a dialogue talks through."""

    sent_at: float
    mute_until: float

    def post(self, outgoing: str | typing.Callable[[], list[str]]) -> None:
        """Send a text, or what this renders when it can be sent."""

    def close(self, code: int) -> None:
        """Close after what was posted."""


class Dialogue:
    """One DXLink connection."""

    def __init__(
        self,
        wire: SimDxlinkWire,
        feed: SimDxlinkFeed,
        watchers: Watchers,
        open_token: typing.Callable[[str], SimQuoteToken | None],
        faults: Faults,
        now: float,
    ) -> None:
        self.wire = wire
        self.feed = feed
        self.watchers = watchers
        self.faults = faults
        self.ticket: SimQuoteToken | None = None
        self.channels: dict[int, Channel] = {}
        self.heard_at = now
        self.is_set_up = False
        self.is_prompted = False
        """Whether the first AUTH_STATE has left."""
        self.is_closed = False
        self.is_suspended = False
        """Whether the quote token has ended in mid-session: data waits for a new one."""
        self._open_token = open_token
        self._held_back: list[str] = []
        self._renewable: set[int] = set()
        self._silence_s = LONGEST_SILENCE_S
        self._pulse_s = LONGEST_SILENCE_S / 2

    @property
    def accounts(self) -> frozenset[str]:
        """The accounts of the customer this connection belongs to, once it is authorised."""
        return self.ticket.accounts if self.ticket else frozenset()

    def receive(self, raw: str, now: float) -> None:
        """Take one message of the client."""
        self.heard_at = now
        try:
            message = msgspec.json.decode(raw)
        except msgspec.DecodeError:
            self.fail("INVALID_MESSAGE", "The message is not valid JSON.")
            return
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            self.fail("INVALID_MESSAGE", "A message is an object with a type and a channel.")
            return
        channel = message.get("channel")
        if not isinstance(channel, int) or isinstance(channel, bool) or channel < 0:
            self.fail("INVALID_MESSAGE", "A message names its channel by number.")
        elif channel == 0:
            self._on_connection(message, now)
        else:
            self._on_channel(message, channel, now)

    def _on_connection(self, message: Values, now: float) -> None:
        kind = message["type"]
        if kind == "AUTH" and self._is_early(now):
            self.fail("UNAUTHORIZED", "com.dxfeed.mdd.dxlink.auth.AuthException: Session not found: api")
        elif not self.is_set_up and kind != "SETUP":
            self.fail("BAD_ACTION", "Protocol violation: the first message must be SETUP.")
        elif kind == "SETUP":
            self._set_up(message)
        elif kind == "AUTH":
            self._authorise(message, now)
        elif kind not in ("KEEPALIVE", "ERROR"):
            self.error("BAD_ACTION", f"Unknown message type {kind} on channel 0.")

    def _is_early(self, now: float) -> bool:
        """Whether a token finds no session: before SETUP, or before the prompt while a fault says so.

        dxFeed's own client shows its token right after SETUP, and is understood but under load.
        """
        if self.is_set_up and not self.is_prompted:
            return self.faults.find("early_token", (), now) is not None
        return not self.is_set_up

    def _set_up(self, message: Values) -> None:
        version = message.get("version")
        if not isinstance(version, str):
            self.fail("INVALID_MESSAGE", "SETUP names the version of the client.")
            return
        if not _SUPPORTED.match(version):
            self.fail("UNSUPPORTED_PROTOCOL", "The protocol versions of this server are 0.1 and 1.0.")
            return
        self._silence_s = seconds(message.get("keepaliveTimeout"))
        accepted = seconds(message.get("acceptKeepaliveTimeout"))
        self._pulse_s = min(self._silence_s, accepted) / 2
        self.wire.post(
            text(
                {
                    "type": "SETUP",
                    "channel": 0,
                    "keepaliveTimeout": message.get("acceptKeepaliveTimeout", 60),
                    "acceptKeepaliveTimeout": message.get("keepaliveTimeout", 60),
                    "version": VERSION,
                }
            )
        )
        if not self.is_set_up:
            self.is_set_up = True
            self.wire.post(self._prompt)

    def _prompt(self) -> list[str]:
        self.is_prompted = True
        return [_UNAUTHORISED]

    def say_unauthorised(self) -> None:
        """Ask for a token: the client has shown none, or not a good one."""
        self.wire.post(_UNAUTHORISED)

    def _authorise(self, message: Values, now: float) -> None:
        token = message.get("token")
        if not isinstance(token, str):
            self.fail("INVALID_MESSAGE", "AUTH shows a token.")
            return
        ticket = self._open_token(token)
        if ticket is None or self.faults.find("bad_quote_token", ticket.accounts, now):
            self.ticket = None
            self.say_unauthorised()
            return
        if self.faults.find("never_authorized", ticket.accounts, now):
            return
        self.ticket, self.is_suspended = ticket, False
        self._renewable = set(self.channels)
        self.wire.mute_until = max(self.wire.mute_until, self.faults.silence(ticket.accounts, "dxlink", now))
        state = {"type": "AUTH_STATE", "channel": 0, "state": "AUTHORIZED", "userId": ticket.customer}
        for _ in range(2 if self.faults.find("authorized_twice", ticket.accounts, now) else 1):
            self.wire.post(text(state))

    def _on_channel(self, message: Values, number: int, now: float) -> None:
        if not self.is_set_up:
            self.fail("BAD_ACTION", "Protocol violation: the first message must be SETUP.")
        elif number % 2 == 0:
            self.error("BAD_ACTION", "Protocol violation with an even channel usage.")
        elif self.ticket is None or self.is_suspended:
            self.error("UNAUTHORIZED", "Not authorized to open channels.")
        elif message["type"] == "CHANNEL_REQUEST":
            self._open(message, number)
        elif number not in self.channels:
            self.error("BAD_ACTION", "The channel is not open.", number)
        else:
            self._on_feed(message, self.channels[number], now)

    def _open(self, message: Values, number: int) -> None:
        service, parameters = message.get("service"), message.get("parameters")
        contract = parameters.get("contract") if isinstance(parameters, dict) else None
        if not isinstance(parameters, dict) or not isinstance(service, str) or not isinstance(contract, str):
            self.error(
                "INVALID_MESSAGE", "A channel request names its service and the contract in its parameters.", number
            )
        elif service != "FEED" or contract not in CONTRACTS:
            self.error("BAD_ACTION", f"There is no service {service[:40]} with the contract {contract[:40]}.", number)
        elif not self._has_room(number):
            self.error("BAD_ACTION", "The channel is already open, or too many are.", number)
        else:
            self.channels[number] = Channel(number, self.feed, parameters["contract"])
            opened = {"type": "CHANNEL_OPENED", "channel": number, "service": "FEED"}
            self.wire.post(text(opened | {"parameters": {**parameters, "subFormat": "LIST"}}))

    def _has_room(self, number: int) -> bool:
        """Whether a channel of that number can open. One from before the last AUTHORIZED gives way to its successor.

        dxFeed's own client asks for its channels anew whenever it is authorised, with a new token in mid-session too.
        """
        if number in self._renewable and number in self.channels:
            self._drop_all(self.channels.pop(number))
        self._renewable.discard(number)
        return number not in self.channels and len(self.channels) < _CHANNELS

    def _on_feed(self, message: Values, channel: Channel, now: float) -> None:
        kind = message["type"]
        if kind == "FEED_SETUP":
            try:
                self.wire.post(channel.setup(message))
            except (TypeError, ValueError, AttributeError):
                self.error("INVALID_MESSAGE", "FEED_SETUP has a value of the wrong type.", channel.number)
        elif kind == "FEED_SUBSCRIPTION":
            self._subscribe(message, channel, now)
        elif kind == "CHANNEL_CANCEL":
            self.close_channel(channel)
        else:
            self.error("BAD_ACTION", f"Unknown message type {kind}.", channel.number)

    def _subscribe(self, message: Values, channel: Channel, now: float) -> None:
        if not all(are_subscriptions(message.get(key, [])) for key in ("add", "remove")):
            self.error("INVALID_MESSAGE", "A subscription names the type and the symbol of each item.", channel.number)
            return
        if message.get("reset") is True:
            self._drop_all(channel)
        for kind, symbol, _ in subscriptions(message.get("remove")):
            self._unwant(channel, kind, symbol)
        for kind, symbol, since in subscriptions(message.get("add")):
            if kind not in CONTRACTS[channel.contract]:
                self.error("BAD_ACTION", f"{kind} does not fit the contract {channel.contract}.", channel.number)
            elif len(channel.wanted.get(kind, ())) < _SUBSCRIPTIONS:
                self._subscribe_symbol(channel, kind, symbol, since)
        self.flush(channel, now)

    def _subscribe_symbol(self, channel: Channel, kind: str, symbol: str, since: int | None) -> None:
        if kind == CANDLE:
            candle = parse_candle(symbol)
            if candle is None or not channel.subscribe_candles(candle, since):
                return
            symbol = candle.base
        elif symbol in channel.wanted.setdefault(kind, set()):
            return
        else:
            channel.wanted[kind].add(symbol)
        self.watchers.add(kind, symbol, channel)
        channel.touch(kind, symbol)

    def _unwant(self, channel: Channel, kind: str, symbol: str) -> None:
        if kind == CANDLE:
            candle = parse_candle(symbol)
            if candle is not None and channel.unfollow(candle):
                self.watchers.discard(kind, candle.base, channel)
        elif symbol in channel.wanted.get(kind, ()):
            channel.wanted[kind].discard(symbol)
            self.watchers.discard(kind, symbol, channel)

    def flush(self, channel: Channel, now: float) -> None:
        """Let everything dirty on `channel` leave as soon as the client can take it."""
        if self.is_suspended or now < self.wire.mute_until:
            return
        channel.muted = {fault.symbol for fault in self.faults.all("mute", self.accounts, now)} if self.faults else ()
        find = functools.partial(self.faults.find, BARS_FAULT, self.accounts, now)
        channel.find_unkind = find if self.faults else None
        channel.flushed_at = now
        if not channel.is_posted and channel.dirty:
            channel.is_posted = True
            is_bent = self.faults or self._held_back
            self.wire.post(functools.partial(self._bent, channel, now) if is_bent else channel.render)

    def _bent(self, channel: Channel, now: float) -> list[str]:
        """Render what is dirty as faults have it: twice, or in the wrong order."""
        texts, self._held_back = [*channel.render(), *self._held_back], []
        if self.faults.find("duplicate", self.accounts, now):
            texts = [text for text in texts for _ in range(2 if _DATA in text[:30] else 1)]
        if texts and _DATA in texts[-1][:30] and self.faults.find("out_of_order", self.accounts, now):
            self._held_back = [texts.pop()]
        return texts

    def flush_due(self, now: float) -> None:
        """Flush every dirty channel whose aggregation period has passed."""
        for channel in self.channels.values():
            if channel.is_overrun:
                self.fail("BAD_ACTION", "Too many events wait: they are not read as fast as they come.")
                return
            if channel.dirty and now - channel.flushed_at >= channel.period:
                self.flush(channel, now)

    def close_channel(self, channel: Channel) -> None:
        """Close one channel and tell the client."""
        self._drop_all(channel)
        self.channels.pop(channel.number, None)
        self.wire.post(text({"type": "CHANNEL_CLOSED", "channel": channel.number}))

    def _drop_all(self, channel: Channel) -> None:
        for kind, wanted in channel.wanted.items():
            for symbol in wanted:
                base = symbol.partition("{")[0] if kind == CANDLE else symbol
                self.watchers.discard(kind, base, channel)
        channel.drop()

    def suspend(self) -> None:
        """Send no more data: the quote token has ended. Ask for another."""
        self.is_suspended = True
        self.say_unauthorised()

    def check(self, now: float) -> None:
        """Close on the client's silence, break our own, and notice that the quote token has ended."""
        if self.ticket and now >= self.ticket.until and not self.is_suspended:
            self.suspend()
        silent = now - self.heard_at
        if silent > self._silence_s:
            ago = f"The message was last received {silent:.0f} seconds ago."
            self.fail("TIMEOUT", f"The timeout has been reached. {ago}")
        elif now - self.wire.sent_at > self._pulse_s:
            self.wire.post('{"type":"KEEPALIVE","channel":0}')

    def error(self, kind: str, message: str, channel: int = 0) -> None:
        """Tell the client what it did wrong."""
        self.wire.post(text({"type": "ERROR", "channel": channel, "error": kind, "message": message}))

    def fail(self, kind: str, message: str) -> None:
        """Tell the client what it did wrong, and close."""
        if not self.is_closed:
            self.is_closed = True
            self.error(kind, message)
            self.wire.close(NORMAL if kind == "TIMEOUT" else POLICY)

    def close(self) -> None:
        """Forget every subscription: the connection is gone."""
        self.is_closed = True
        for channel in self.channels.values():
            self._drop_all(channel)
        self.channels.clear()
