"""What owners see of other people's books."""

import pytest

from accounts.models import User
from streaming.models import StoredFact
from tests.accounts.conftest import sign_in
from tests.support.people import ALICE, OLGA, PASSWORD
from trading.models import Order

NUMBER = "5WX01234"


@pytest.fixture
def order(db) -> Order:
    person = User.objects.create_user(ALICE, PASSWORD)
    payload = f'{{"type":"order","account":"{NUMBER}","symbol":"QQQ"}}'
    StoredFact.objects.create(
        person=person,
        number=1,
        epoch=1,
        kind="order",
        link="main",
        venue_id="o1",
        at=1,
        recorded=1,
        recovered=False,
        payload=payload,
    )
    booked = {"link": "main", "account": NUMBER, "venue_id": "o1", "fact": 1, "at": 1, "recovered": False}
    return Order.objects.create(person=person, order="1", version=1, status="live", venue_status="Live", **booked)


def test_owners_see_the_end_of_an_account_number(order):
    owner = sign_in(User.objects.create_superuser(OLGA, PASSWORD))
    for path in (
        "/admin/trading/order/", f"/admin/trading/order/{order.pk}/change/", f"/admin/trading/order/?q={ALICE}",
        "/admin/streaming/storedfact/", f"/admin/streaming/storedfact/{StoredFact.objects.get().pk}/change/",
    ):  # fmt: skip
        page = owner.get(path)
        assert page.status_code == 200, path
        assert NUMBER not in page.text, path
        assert "…1234" in page.text, path
