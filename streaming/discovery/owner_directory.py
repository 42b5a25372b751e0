"""What a hub knows of who owns whom: where its wants and catch-ups go, and whose envelopes it believes.

The ownership row in the database is the only word on who owns a person. It is read before the first message of a person
is believed, whenever a higher epoch shows up, and whenever their owner falls silent; a message of a lower epoch comes
from a former owner, and is dropped. Everything else is a hint that it is time to look.
"""

import asyncio
import collections
import random

import msgspec

from streaming.bus import bus
from streaming.bus.bus import DirectPort, Port
from streaming.bus.layer import Layer
from streaming.bus.messages import (
    Beacon,
    CatchUpReply,
    CatchUpRequest,
    FrameBatch,
    HostMessage,
    HubMessage,
    InterestUpdate,
    OwnershipDenied,
    OwnershipNotice,
    OwnershipReleased,
    RpcCancel,
    RpcReply,
    RpcRequest,
)
from streaming.discovery import fencing
from streaming.discovery.catch_up_throttle import CatchUpThrottle
from streaming.discovery.owner_lookup import OwnerLookup, Read
from streaming.host.host import Host
from streaming.hub.hub import Hub
from streaming.ownership.rows import Owner

HELD = 50
"""Messages of one person that wait for their row; at the bound the oldest is dropped and healed by catch-up."""
ASKS = 200
"""Catch-ups and questions of one person that wait for an owner; at the bound the oldest is dropped, and asked again."""

RETURNING = 250
"""So many people a second are looked up and asked for once something was lost: where they are few, at once."""

_Request = CatchUpRequest | RpcRequest | RpcCancel
_OwnerMessage = FrameBatch | CatchUpReply | Beacon
"""Messages that are the owner's alone to send; a beacon about one person."""


class _Person:
    """What is known of one person's owner."""

    __slots__ = ("asks", "denied_at", "epoch", "heard_at", "held", "port", "text", "want")

    def __init__(self, want: InterestUpdate, now: float) -> None:
        self.want = want
        """What this hub said last."""
        self.port: Port[HubMessage] | None = None
        """The way to the owner; None while nobody is known to be one."""
        self.epoch = 0
        """The highest that the row said."""
        self.text = ""
        """The epoch as the owner writes it; empty until it is believed."""
        self.heard_at = now
        self.denied_at = float("-inf")
        self.held: collections.deque[_OwnerMessage] = collections.deque(maxlen=HELD)
        self.asks: collections.deque[_Request] = collections.deque(maxlen=ASKS)


class OwnerDirectory:
    """Stands between a hub and all hosts; is the port that the hub sends to."""

    local = True

    def __init__(self, hub: Hub, host: Host, read: Read, layer: Layer | None = None) -> None:
        self.former = 0
        """Messages of former owners, which were dropped."""
        self._hub = hub
        self._host = host
        self._layer = layer
        self._hosts = layer.to_group(bus.HOSTS) if layer else None
        back = DirectPort(self.receive)
        self._own: Port[HubMessage] = DirectPort(lambda message: host.receive(message, back))
        self._people: dict[int, _Person] = {}
        self._loop = asyncio.get_running_loop()
        self._asking = CatchUpThrottle(self._loop, self._send_request, hub.asks.awaits)
        self.looking = OwnerLookup(read, self._found)

    def __repr__(self) -> str:
        return f"<OwnerDirectory {len(self._people)} people {self.looking!r}>"

    # What the hub says

    def send(self, message: HubMessage) -> None:
        """Carry a want or a catch-up to the person's owner, or to who may become it."""
        person = message.person
        known = self._people.get(person)
        if not isinstance(message, InterestUpdate):
            if known is not None:
                self._pass_on(known, message)
            return
        if known is None:
            if not message.views:
                return
            known = self._people[person] = _Person(message, self._loop.time())
        known.want = message
        silent = self._loop.time() - known.heard_at > self._hub.limits.deaf_s
        if silent:
            known.text = ""  # who speaks next is judged by the row
        if known.port is not None:
            self._send(known.port, message)
        elif not message.views and self._host.willing:
            self._own.send(message)  # it may have been offered the person, and not said yet that it owns them
        if not message.views:
            del self._people[person]
        elif silent or known.port is None:
            self.looking.request_lookup(person)

    def _pass_on(self, known: _Person, message: _Request) -> None:
        """Pass a catch-up or a question on to the owner, or keep it until there is one."""
        if known.port is None:
            known.asks.append(message)
        elif known.port.local or not isinstance(message, CatchUpRequest):
            self._send(known.port, message)
        else:
            self._hub.asks.defer(message.ask)
            self._asking.request(message)

    def _send_request(self, message: CatchUpRequest) -> None:
        """Send a catch-up whose turn has come."""
        self._hub.asks.mark_sent(message.ask)
        known = self._people.get(message.person)
        if known is None:
            return
        if known.port is None:
            known.asks.append(message)
        else:
            self._send(known.port, message)

    def _send(self, port: Port[HubMessage], message: HubMessage) -> None:
        """Send `message` with where answers go; without an ear nobody could answer, and all is said anew later."""
        if port.local or self._layer is None:
            port.send(message)
        elif self._layer.channel:
            port.send(msgspec.structs.replace(message, reply=self._layer.channel))

    # What hosts say

    def receive(self, message: HostMessage) -> None:
        """Take one message of a host; what its person's owner says goes on to the hub."""
        match message:
            case FrameBatch():
                if self._believes(message.person, message.epoch, message):
                    self._hub.receive(message)
            case CatchUpReply():
                self._asking.answered(message.ask, _size(message))
                if self._believes(message.person, message.epoch, message):
                    self._hub.receive(message)
            case Beacon():
                self._beacon(message)
            case OwnershipNotice():
                self._owned(message.person, message.epoch, message.channel)
            case OwnershipDenied():
                self._denied(message.person)
            case OwnershipReleased():
                self._released(message.person, message.epoch)
            case RpcReply():
                self._hub.receive(message)

    def _believes(self, person: int, epoch: str, message: _OwnerMessage) -> bool:
        """Whether `epoch` is the owner's. A message that only the row can judge is held until it was read."""
        known = self._people.get(person)
        if known is None:
            return False  # nobody here wants them any more
        match fencing.speaker(epoch, known.text if known.port is not None else "", known.epoch):
            case "owner":
                known.heard_at = self._loop.time()
                return True
            case "former":
                self.former += 1
            case "unknown":
                known.held.append(message)
                self.looking.request_lookup(person)
        return False

    def _beacon(self, message: Beacon) -> None:
        """Hand on what a beacon says of people whose owner it comes from."""
        people = {
            person: position
            for person, position in message.people.items()
            if self._believes(int(person), position.epoch, Beacon(hub=message.hub, people={person: position}))
        }
        if people:
            self._hub.receive(Beacon(hub=message.hub, people=people))

    def _owned(self, person: int, epoch: int, channel: str) -> None:
        """Somebody says that they own `person`, or that they own them still and hear elsewhere now."""
        known = self._people.get(person)
        if known is None or epoch < known.epoch:
            return
        believed = known.text and epoch == known.epoch
        if believed and channel and self._layer is not None and known.port is not None and not known.port.local:
            known.port = self._layer.to(channel)  # the row may not say so yet
            self._send(known.port, known.want)
        else:
            self.looking.request_lookup(person)

    def _denied(self, person: int) -> None:
        """Somebody who was asked for `person` does not own them."""
        known = self._people.get(person)
        if known is None:
            return
        known.port = None
        now, again_s = self._loop.time(), self._hub.limits.beacon_s / 4
        if now - known.denied_at > 2 * again_s:
            self.looking.request_lookup(person)
        else:  # the row and its owner contradict each other for a while
            self._loop.call_later(again_s, self.looking.request_lookup, person)
        known.denied_at = now

    def _released(self, person: int, epoch: int) -> None:
        """The owner of `person` handed them back: whoever is next may take them at once."""
        known = self._people.get(person)
        if known is not None and epoch >= known.epoch:
            known.port = None
            self.looking.request_lookup(person)

    # What the rows say

    def _found(self, person: int, row: Owner | None) -> None:
        """Know what the row of `person` says, and act on it."""
        known = self._people.get(person)
        if known is None:
            return
        if row is not None and row.epoch != known.epoch:
            if known.epoch:
                self._hub.begin_anew(person)
            known.epoch, known.text, known.heard_at = row.epoch, "", self._loop.time()
        known.port = self._way_to(row)
        if known.port is not None:
            self._send(known.port, known.want)
        else:
            self._offer(known, row)
        self._judge(known, row)
        if known.port is not None:
            while known.asks:
                self._pass_on(known, known.asks.popleft())

    def _way_to(self, row: Owner | None) -> Port[HubMessage] | None:
        """Return the way to a live owner, if there is one."""
        if row is None or not row.live:
            return None
        if row.host == self._host.lease.host:
            return self._own
        return self._layer.to(row.channel) if self._layer is not None and row.channel else None

    def _offer(self, known: _Person, row: Owner | None) -> None:
        """Have somebody take a person whom nobody owns: this process's own host, if it takes people, or any."""
        if row is not None and row.live:
            return  # it cannot be heard of just now, but it is there
        if self._host.willing:
            self._own.send(known.want)
            while known.asks:
                self._own.send(known.asks.popleft())
        elif self._hosts is not None:
            self._send(self._hosts, known.want)

    def _judge(self, known: _Person, row: Owner | None) -> None:
        """Hand on the messages that waited for the row and come from the owner it names."""
        held, known.held = known.held, collections.deque(maxlen=HELD)
        for message in held:
            text = _epoch(message)
            if row is not None and row.live and fencing.number(text) == row.epoch and known.port is not None:
                known.text, known.heard_at = text, self._loop.time()
                self._hub.receive(message)
            else:
                self.former += 1

    # The layer

    def lost(self) -> None:
        """Something may have been missed: what is asked for next is spread over a while."""
        self._asking.spread(self._spread_s())

    def announce(self) -> None:
        """This process hears on a new channel: look every person up and say what is wanted, in random order."""
        self.lost()
        over_s = self._spread_s()
        for person in self._people:
            self._loop.call_later(random.uniform(0, over_s), self.looking.request_lookup, person)

    def _spread_s(self) -> float:
        """Return over how long to spread what is to be done for every person, in s: a beacon, or less if few."""
        return min(self._hub.limits.beacon_s, len(self._people) / RETURNING)


def _epoch(message: _OwnerMessage) -> str:
    """Return the epoch of a message that was held; a beacon is held for one person."""
    if isinstance(message, Beacon):
        (position,) = message.people.values()
        return position.epoch
    return message.epoch


def _size(message: CatchUpReply) -> int:
    text = message.text
    return len(text) if isinstance(text, str) else sum(len(one) for _, one in text)
