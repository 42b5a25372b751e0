"""How a stream ends: by whoever leaves, by the end of an access, by a limit, or with the desk."""

import gc

from accounts.auth.access import Access
from streaming.sockets.socket import Socket
from streaming.wire.subscription import Subscription
from tests.support.corridor import House, MemoryLinks
from tests.support.eventually import aeventually

QQQ = Subscription(quotes=frozenset({"QQQ"}))


def sockets_of(person: int) -> list[Socket]:
    """Return what is still held, by anybody."""
    gc.collect()
    return [one for one in gc.get_objects() if type(one) is Socket and one.person == person]


async def visit_in_silence(house: House, person: int) -> None:
    """Stay until the hub notices that nobody feeds `person`."""
    socket = Socket(Access(person, "s"))
    house.hub.join(socket, QQQ)
    await aeventually(lambda: socket.waiting)
    house.hub.leave(socket)


async def test_nothing_holds_a_socket_that_left_while_its_feed_was_silent():
    async with House(MemoryLinks()) as house:
        house.cut = True
        await visit_in_silence(house, 77)
        await aeventually(lambda: not sockets_of(77))


BY = {
    "s": Access(1, "s"),
    "t": Access(1, "t"),
    "7": Access(1, token="7"),
    "8": Access(1, token="8"),
    "2": Access(2, "s"),
}
