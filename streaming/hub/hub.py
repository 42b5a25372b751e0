"""Hands ready-made frames to this process's sockets. One writer task per socket; no queue of frames.

A socket is (view, cursor, what is being sent). It is sent a live frame when it is idle and the frame continues its
cursor; otherwise it is behind, and asks for everything since its cursor once it can take it. So a slow one costs
nothing and gets only the newest values.
"""

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from lib.clock import now_ms
from lib.tasks import Tasks
from streaming.bus.messages import (
    Beacon,
    CatchUpReply,
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
    Text,
)
from streaming.hub import pending_catch_ups, sweeper
from streaming.hub.feed_liveness import FeedLiveness
from streaming.hub.interest import Interest
from streaming.hub.pending_catch_ups import PendingCatchUps
from streaming.hub.sweeper import Check
from streaming.limits import Limits
from streaming.lists.fan_out import ListFanOut
from streaming.lists.stream_list import StreamList
from streaming.rpc.client import RpcClient
from streaming.sockets.shared_socket import SharedSubscriptions
from streaming.sockets.socket import Frame, Socket
from streaming.telemetry.counters import HubCounts
from streaming.wire import frames
from streaming.wire.frames import Close, Cursor
from streaming.wire.subscription import Subscription

logger = logging.getLogger(__name__)

OWNED = Subscription(topics=frozenset({"links"}), pace_ms=None)
"""What is wanted of a person who is only asked something."""

PAUSE_S = 0.01
"""The shortest pause between sockets that are closed one after the other; timers count whole milliseconds."""


class Hub:
    """The sockets of this process and their views. All its methods belong to one event loop."""

    def __init__(self, limits: Limits, check: Check, lists: Sequence[StreamList] = ()) -> None:
        self.name = uuid.uuid4().hex
        self.limits = limits
        self.check = check
        self.sockets: dict[int, set[Socket]] = {}
        self.tasks = Tasks("hub")
        self.counts = HubCounts()
        self.closing = False
        self.closers: set[Callable[[], Coroutine[Any, Any, None]]] = set()
        """What ends beside the sockets when this process stops: each is called and awaited."""
        self._send: Callable[[HubMessage], None] | None = None
        self._wanted = Interest(limits, self.sockets)
        self._loop = asyncio.get_running_loop()
        self.feeds = FeedLiveness(self._loop)
        self.asks = PendingCatchUps(self._loop)
        self.shares = SharedSubscriptions(self)
        self.lists = ListFanOut(lists, self.tasks)
        self.enquiries = RpcClient(self.name, self.tasks, limits, self._ask_owner)
        self._empty = asyncio.Event()
        self._empty.set()

    def __repr__(self) -> str:
        return f"<Hub {self.name[:6]} {sum(map(len, self.sockets.values()))} sockets {len(self.sockets)} people>"

    def start(self, send: Callable[[HubMessage], None]) -> None:
        """Begin to serve, with wants going to owners by `send`."""
        self._send = send
        self.tasks.supervise(lambda: sweeper.sweep(self), "sweeper")
        self.tasks.supervise(lambda: sweeper.check_access(self, self.check), "access")

    # Sockets come, change and go

    def enter(self, socket: Socket) -> None:
        """Take in a socket that did not say yet what it wants to see."""
        socket.entered_at = self._loop.time()
        people = self.sockets.setdefault(socket.person, set())
        self.counts.opened[socket.carrier] += socket not in people
        people.add(socket)
        self._empty.clear()

    def join(self, socket: Socket, view: Subscription, cursor: Cursor | None = None) -> None:
        """Let a socket show `view` from `cursor` on; without one, all there is, and facts from now on.

        Raises SubscriptionError.
        """
        self._wanted.admit(socket, view)
        socket.epoch, socket.seq, socket.fact = cursor[:3] if cursor and cursor.epoch else ("", 0, None)
        socket.view = self._shared(socket.person, view)
        socket.beats = socket.beats and view.dialect == "frames"
        socket.behind = True
        socket.heartbeat_at = self._loop.time() + frames.HEARTBEAT_S
        self.enter(socket)
        self.feeds.expect(socket.person)
        socket.fed_at = self._loop.time() - self.feeds.silence(socket.person)
        self._send_interest(socket.person)
        self.catch_up(socket)
        self.lists.follow(socket, cursor and cursor.position)

    def show(self, socket: Socket, view: Subscription, had: Subscription | None = None) -> None:
        """Let a joined socket show `view` instead, whole where `had` (its former view) left something out.

        Raises SubscriptionError and leaves the socket as it was.
        """
        self._wanted.admit(socket, view)
        if socket.joined and socket.view is not None:
            had = had or socket.view
            socket.had = had if socket.had is None else socket.had.both(had)
        socket.view = self._shared(socket.person, view)
        socket.behind = True
        socket.ready = None
        self.asks.drop(socket)
        self._send_interest(socket.person)
        self.lists.follow(socket)
        socket.wake()

    def _shared(self, person: int, view: Subscription) -> Subscription:
        """Return the equal of `view` that another socket of `person` shows, if there is one: symbols take memory."""
        shown = (socket.view for socket in self.sockets.get(person, ()) if socket.view == view)
        return next(shown, None) or view

    def leave(self, socket: Socket, park_s: float = 0.0) -> None:
        """Forget a socket; what it shows stays wanted for `park_s` seconds, for a client that comes again."""
        self.asks.drop(socket)
        self.lists.forget(socket)
        people = self.sockets.get(socket.person, set())
        if socket in people:
            gone = socket.gone.result() if socket.gone.done() else None
            self.counts.leave(socket.carrier, socket.sent, socket.sent_at, gone)
            people.discard(socket)
        if not people:
            self.sockets.pop(socket.person, None)
        if not self.sockets:
            self._empty.set()
        if park_s and socket.view is not None:
            self._wanted.retain(socket.person, socket.view, self._loop.time() + park_s)
        self._send_interest(socket.person)

    def everybody(self) -> list[Socket]:
        """Return every socket."""
        return [socket for people in self.sockets.values() for socket in people]

    def person_of(self, session: str) -> int | None:
        """Return whose sockets are open here by this session, or None."""
        by_session = (socket.person for socket in self.everybody() if session and socket.access.session == session)
        return next(by_session, None)

    def full(self, person: int) -> bool:
        """Whether `person` has as many sockets as they may, all of them alive.

        One that leaves frames unacknowledged makes room: where a network died, its person is already coming back.
        """
        people = self.sockets.get(person, set())
        if len(people) < self.limits.sockets_per_person:
            return False
        now = self._loop.time()
        mute = {socket: socket.credit.silent_s(now) for socket in people if socket.credit and not socket.gone.done()}
        oldest = max(mute, key=mute.__getitem__, default=None)
        if oldest is None or mute[oldest] < self.limits.send_timeout_s:
            return True
        oldest.close(Close.TOO_SLOW, "it was silent, and another one came")
        return False

    # What goes to the host

    def _send_interest(self, person: int) -> None:
        """Say what this hub wants of `person`, whole."""
        views = self._wanted.views(person)
        if not views:
            self.feeds.forget(person)  # not before: polls that come one by one must hear of one long silence
        lists = self._wanted.lists(person)
        self._publish(InterestUpdate(person_text=str(person), hub=self.name, views=views, lists=lists))

    def renew_wants(self) -> None:
        """Say again what is wanted; views parked for too long are let go."""
        for person in self._wanted.renewed(self._loop.time()):
            self._send_interest(person)

    def catch_up(self, socket: Socket) -> None:
        """Ask for everything since the socket's cursor. The answer of an older ask is not waited for any more."""
        self.asks.add(socket)
        socket.behind = False
        socket.ready = None
        socket.sent.catch_ups += 1
        self._publish(pending_catch_ups.message(self.name, socket))

    def _ask_owner(self, message: RpcRequest | RpcCancel) -> None:
        """Send a question to a person's owner, who is one while something of theirs is wanted."""
        if isinstance(message, RpcRequest):
            person = message.person
            self._wanted.retain(person, OWNED, self._loop.time() + self.limits.want_ttl_s)
            self._send_interest(person)
        self._publish(message)

    def _publish(self, message: HubMessage) -> None:
        if self._send is not None:
            self._send(message)

    # What comes from hosts

    def receive(self, message: HostMessage) -> None:
        """Take one message of a host."""
        match message:
            case FrameBatch():
                self._frames(message)
            case CatchUpReply():
                self._caught(message)
            case Beacon():
                self._beacon(message)
            case RpcReply():
                self.enquiries.on_reply(message)
            case OwnershipNotice() | OwnershipDenied() | OwnershipReleased():
                return  # what is wanted is said again soon

    def _frames(self, message: FrameBatch) -> None:
        """Hand the frames of one envelope to the sockets that show them."""
        person, epoch, views = message.person, message.epoch, message.views
        self.feeds.mark_alive(person)
        sample = self.counts.sample(message.stamp) if message.stamp is not None else None
        now = self._loop.time()
        for socket in self.sockets.get(person, ()):
            entry = None if socket.view is None else views.get(socket.view.key)
            if socket.epoch == epoch and socket.follows and not (entry and socket.lost_before(entry[0])):
                socket.fed_at = now
            if entry is None or socket.view is None:
                continue
            prev, seq, known, fact, updates, text = entry
            if sample is not None and socket.sample is None and socket.view.pace_ms == 0:
                socket.sample = sample
            continues = socket.epoch == epoch and prev <= socket.seq < seq and socket.fact == known and text != ""
            if continues and socket.idle:
                self._give(socket, seq, fact, updates, text)
            elif socket.epoch != epoch or seq > socket.seq or fact > (socket.fact or 0):
                socket.sent.skipped += 1
                socket.behind = True
                socket.wake()

    def _give(self, socket: Socket, seq: int, fact: int, updates: int, text: Text) -> None:
        if isinstance(text, str):
            socket.ready = Frame(seq, fact, updates, text)
        else:
            socket.seq = seq
            socket.fact = fact
            socket.had = None
            socket.pending.update(text)
        socket.wake()

    def _caught(self, message: CatchUpReply) -> None:
        """Bring one socket up to date, or a page of facts nearer to it."""
        socket = self.asks.answered(message.ask)
        if socket is None or socket.person != message.person:
            return
        socket.fed_at = self._loop.time()
        plain = socket.view is not None and socket.view.dialect == "plain"
        if plain and socket.joined and socket.epoch != message.epoch:
            # nobody knows which of the things that its client holds are no more
            socket.close(Close.RESTARTING, "the board began anew")
            return
        socket.begin_epoch(message.epoch)
        socket.recovered = message.recovered
        if not socket.joined:
            self._welcome(socket)
        socket.behind = message.more
        if socket.polled and message.empty:
            socket.fact = message.fact  # it stays at its flush, or its first frame would not continue its client's
            if socket.behind:
                socket.wake()
            else:
                if not socket.quiet.done():
                    socket.quiet.set_result(None)
            return
        socket.seq = message.prev
        self._give(socket, message.seq, message.fact, message.updates, message.text)

    def _welcome(self, socket: Socket) -> None:
        socket.joined = True
        if socket.view is not None and socket.view.dialect == "frames" and not socket.polled:
            socket.send_text(frames.welcome(socket.epoch, socket.recovered, now_ms(), self.limits))

    def _beacon(self, message: Beacon) -> None:
        """Believe where the boards stand; a socket that missed the last envelopes asks for them.

        It is the owner's own sign of life, and goes on to every page that is told nothing else: a page judges by what
        it hears whether this process, or its owner's, still lives.
        """
        now, text = self._loop.time(), frames.beat(now_ms())
        for person_text, (epoch, _, _, sent) in message.people.items():
            person = int(person_text)
            self.feeds.mark_alive(person)
            for socket in self.sockets.get(person, ()):
                if not socket.joined or socket.asked:
                    continue
                if socket.missed(epoch, sent):
                    socket.behind = True
                    socket.wake()
                if socket.follows:
                    socket.fed_at = now
                    socket.beat(text, now)

    def begin_anew(self, person: int) -> None:
        """`person` has another owner: each socket asks that one, whether it hears from them or not."""
        for socket in self.sockets.get(person, ()):
            if socket.joined and not socket.asked:
                socket.behind = True
                socket.wake()

    # The end

    def access_ended(self, person: int, session: str | None = None, token: str | None = None) -> None:
        """Close a person's sockets at once: those of one session, of one API token, or (both None) all of them."""
        for client in [client for socket in self.sockets.get(person, ()) for client in socket.clients]:
            if (session is None and token is None) or session == client.access.session or token == client.access.token:
                client.close(Close.SIGNED_OUT, "signed out")

    async def drain(self, spread_s: float = 0.0) -> None:
        """Close every socket with "come back", spread over `spread_s` seconds, and stop."""
        self.closing = True
        async with asyncio.TaskGroup() as ends:
            for close in tuple(self.closers):
                ends.create_task(close(), name="hub: close what is no socket")
            await self._close_sockets(spread_s)
        await self.tasks.cancel()

    async def _close_sockets(self, spread_s: float) -> None:
        sockets = self.everybody()
        began = self._loop.time()
        for number, socket in enumerate(sockets):
            early_s = began + spread_s * number / len(sockets) - self._loop.time()
            if early_s >= PAUSE_S:
                await asyncio.sleep(early_s)
            socket.close(Close.GOING_AWAY, "restarting")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                await self._empty.wait()
