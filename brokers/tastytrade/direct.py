"""A WebSocket whose hot texts are dealt with in the turn of the event loop that reads them.

`websockets` takes a message through a parser of generators, a queue and a task switch, which for a frame of one quote
costs more than all that is done with it.
"""

from collections.abc import Callable

from websockets.asyncio.client import ClientConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import Event, State

FRAME_MAX = 16 * 2**20
"""Bytes. A whole option chain's snapshot comes in one frame."""

_TEXT = 0x81
"""The first byte of a whole text."""
_SHORT, _LONG = 126, 127
"""What stands for a length of two bytes, and of eight; more than that means a mask, which no server may use."""
_HEAD_ENDS = b"\r\n\r\n"


class DirectConnection(ClientConnection):
    """A connection that shows each whole text to `take` as it comes in; one that is taken goes no further.

    After the handshake it cuts the stream into frames by itself. Every frame that is not taken (controls, fragments,
    what breaks the protocol) goes on to `websockets` whole, which so stands between two frames at every cut.
    """

    take: Callable[[bytes], bool] | None = None
    """Must not raise. It is not asked while `queued` messages wait for `recv`: they came first."""
    queued = 0
    _cuts = False
    _rest = b""

    def data_received(self, data: bytes) -> None:
        """Take in what was read."""
        if self._cuts:
            self._cut(self._rest + data if self._rest else data)
            return
        is_opening = self.response is None
        super().data_received(data)
        # A server that speaks first may have sent frames, or a part of one, behind the handshake: none of ours does.
        is_bare = data.endswith(_HEAD_ENDS) and data.count(_HEAD_ENDS) == 1
        self._cuts = is_opening and is_bare and self.protocol.state is State.OPEN

    def eof_received(self) -> None:
        """Let `websockets` see what was left over: the stream ends in the middle of it."""
        rest, self._rest = self._rest, b""
        if rest:
            super().data_received(rest)
        super().eof_received()

    def process_event(self, event: Event) -> None:
        """Count what goes the long way."""
        if isinstance(event, Frame) and event.opcode in (Opcode.TEXT, Opcode.BINARY):
            self.queued += 1
        super().process_event(event)

    def _cut(self, data: bytes) -> None:
        """Deal with every whole frame of `data`."""
        at, end = 0, len(data)
        while end - at >= 2:
            begin, length = at + 2, data[at + 1]
            if length >= _SHORT:
                begin += 2 if length == _SHORT else 8
                if length > _LONG:
                    return self._give_up(data[at:])
                if end < begin:
                    break
                length = int.from_bytes(data[at + 2 : begin], "big")
                if length > FRAME_MAX:
                    return self._give_up(data[at:])
            if end < begin + length:
                break
            end_of_frame = begin + length
            if not (data[at] == _TEXT and self._taken(data[begin:end_of_frame])):
                super().data_received(data[at:end_of_frame])
                if self.protocol.state is not State.OPEN:
                    return self._give_up(data[end_of_frame:])
            at = end_of_frame
        self._rest = data[at:]
        return None

    def _taken(self, text: bytes) -> bool:
        return self.take is not None and not self.queued and self.take(text)

    def _give_up(self, data: bytes) -> None:
        """Leave the rest of the stream to `websockets`: it is closing, or something is wrong with it."""
        self._cuts, self._rest = False, b""
        if data:
            super().data_received(data)
