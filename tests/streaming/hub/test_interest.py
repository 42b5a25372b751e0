"""What a hub wants of a person: all that their sockets show, and for a while what they showed; within limits."""

import pytest

from accounts.auth.access import Access
from streaming.hub.interest import Interest
from streaming.limits import Limits
from streaming.sockets.socket import Socket
from streaming.wire.subscription import Subscription, SubscriptionError

LIMITS = Limits(symbols_per_socket=3, symbols_per_person=5, views_per_person=3)


def view(*symbols: str, pace_ms: int | None = 0) -> Subscription:
    return Subscription(quotes=frozenset(symbols), pace_ms=pace_ms)


class Hub:
    """The sockets of a hub, and what it wants by them."""

    def __init__(self) -> None:
        self.sockets: dict[int, set[Socket]] = {}
        self.interest = Interest(LIMITS, self.sockets)

    def show(self, person: int, shown: Subscription | None) -> Socket:
        """Have one more socket of `person` show something."""
        socket = Socket(Access(person))
        socket.view = shown
        self.sockets.setdefault(person, set()).add(socket)
        return socket

    def wanted(self, person: int = 1) -> set[Subscription]:
        views = self.interest.views(person)
        assert all(view.key == key for key, view in views.items())
        return set(views.values())


async def test_lists_that_are_read_are_told_beside_views_that_share_a_key():
    hub = Hub()
    plain, news = Subscription(topics=frozenset({"links"})), Subscription(topics=frozenset({"links", "news"}))
    hub.show(1, plain)
    assert (hub.interest.lists(1), hub.interest.lists(2)) == ([], [])
    hub.show(1, news)
    assert len(hub.interest.views(1)) == 1
    assert (hub.interest.lists(1), hub.interest.lists(2)) == (["news"], [])
    hub.interest.retain(2, news, 5.0)
    assert hub.interest.lists(2) == ["news"]


async def test_what_several_sockets_show_alike_is_wanted_once_and_of_its_person_only():
    hub = Hub()
    for shown in (view("QQQ"), view("QQQ"), view("SPY"), None):
        hub.show(1, shown)
    hub.show(2, view("IWM"))
    assert hub.wanted() == {view("QQQ"), view("SPY")}
    assert hub.wanted(2) == {view("IWM")}
    assert hub.wanted(3) == set()


@pytest.mark.parametrize(
    ("symbols", "code"),
    [(["QQQ"], None), (["A", "B", "C"], None), (["A", "B", "C", "D"], "too_many_symbols")],
)
async def test_one_socket_shows_so_many_symbols_and_no_more(symbols, code):
    hub = Hub()
    socket = hub.show(1, None)
    if code is None:
        hub.interest.admit(socket, view(*symbols))
        return
    with pytest.raises(SubscriptionError, match="At most 3 symbols a socket") as refused:
        hub.interest.admit(socket, view(*symbols))
    assert refused.value.code == code


async def test_a_symbol_that_several_sockets_show_counts_once_against_the_limit_of_a_person():
    hub = Hub()
    hub.show(1, view("A", "B", "C"))
    socket = hub.show(1, None)
    hub.interest.admit(socket, view("C", "D", "E"))
    hub.show(1, view("D", "E"))
    with pytest.raises(SubscriptionError, match="At most 5 symbols a person"):
        hub.interest.admit(socket, view("F"))
    hub.interest.admit(hub.show(2, None), view("F"))


async def test_a_person_has_so_many_different_views_and_the_one_a_socket_gives_up_does_not_count():
    hub = Hub()
    first = hub.show(1, view("A"))
    hub.show(1, view("A", pace_ms=1000))
    hub.show(1, view("B"))
    hub.interest.admit(first, view("C"))
    hub.interest.admit(hub.show(1, None), view("B"))
    with pytest.raises(SubscriptionError, match="At most 3 different watches") as refused:
        hub.interest.admit(hub.show(1, None), view("C"))
    assert refused.value.code == "too_many_views"


async def test_what_a_socket_showed_stays_wanted_until_its_time_is_over():
    hub = Hub()
    hub.interest.retain(1, view("QQQ"), until=10.0)
    assert hub.wanted() == {view("QQQ")}
    assert [*hub.interest.renewed(9.0)] == [1]
    assert hub.wanted() == {view("QQQ")}
    assert [*hub.interest.renewed(10.0)] == [1], "that nothing is wanted any more is said once"
    assert hub.wanted() == set()
    assert [*hub.interest.renewed(11.0)] == []


async def test_a_view_that_is_parked_again_stays_for_the_later_time():
    hub = Hub()
    hub.interest.retain(1, view("QQQ"), until=10.0)
    hub.interest.retain(1, view("QQQ"), until=20.0)
    assert [*hub.interest.renewed(15.0)] == [1]
    assert hub.wanted() == {view("QQQ")}


async def test_everybody_with_a_socket_or_something_parked_is_renewed_once():
    hub = Hub()
    hub.show(1, view("A"))
    hub.show(2, view("B"))
    hub.interest.retain(1, view("C"), until=10.0)
    hub.interest.retain(3, view("D"), until=10.0)
    assert sorted(hub.interest.renewed(5.0)) == [1, 2, 3]


async def test_parked_views_make_room_oldest_first_for_what_is_shown():
    hub = Hub()
    for symbol in "ABC":
        hub.interest.retain(1, view(symbol), until=10.0)
    hub.interest.retain(1, view("A"), until=10.0)
    hub.show(1, view("D"))
    assert hub.wanted() == {view("D"), view("C"), view("A")}, "three views, and A was parked last"
    hub.show(1, view("E", "F", "G"))
    assert hub.wanted() == {view("D"), view("E", "F", "G"), view("A")}
    hub.show(1, view("H"))
    assert hub.wanted() == {view("D"), view("E", "F", "G"), view("H")}
