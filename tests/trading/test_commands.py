"""`reconcile`, `orders --test` and `stream --facts` on a whole desk, against the simulated venue."""

import re
import signal

import pytest

from tests.support.desk import Program
from tests.support.eventually import eventually
from tests.support.people import ALICE, BOB, CAROL, LABEL, OLGA


def test_a_test_order_comes_back_and_is_seen_by_who_streams_facts_and_reconciling_finds_nothing_more(desk, tmp_path):
    streaming = Program(["manage.py", "stream", "--user", ALICE, "--facts"], desk.environment, tmp_path / "stream.log")
    streaming.start()
    eventually(lambda: "Streaming" in streaming.log, within=20, saying=lambda: streaming.log)
    said = desk.manage("orders", "--user", ALICE, "--test", "--quantity", "2")
    placed = re.search(rf"order (\S+) is with {LABEL} \(tastytrade, simulated\), account 5WX", said)
    assert placed, said
    assert re.search(rf"ms +\w+ +[\d-]+ [\d:.]+ +order filled +QQQ +buy +2/2 .*order {placed[1]} \(Filled\)", said)
    fill = rf"[\d-]+ [\d:.]+ +fill +QQQ +buy +2 +@ \d+\.\d+ .*order {placed[1]}"
    assert re.search(rf"ms +\w+ +{fill}", said)
    eventually(lambda: re.search(f"^{fill}$", streaming.log, re.MULTILINE), within=10, saying=lambda: streaming.log)
    assert streaming.stop(signal.SIGINT) == 0
    assert "quote" not in streaming.log
    told = desk.manage("reconcile", "--user", ALICE)
    assert re.search(
        rf"^{LABEL} \(tastytrade, simulated\): \d+ orders, \d+ fills, .* since [\d-]+ [\d:]+ UTC$", told, re.M
    )
    assert "book and venue agree" in told
    assert "recovered" not in told


def test_a_limit_that_is_not_met_is_canceled_in_the_end(desk):
    said = desk.manage("orders", "--user", ALICE, "--test", "--symbol", "SPY", "--price", "1.00", "--for", "2")
    assert re.search(r"(?s)order working +SPY .*it still works, and is canceled.*order canceled +SPY", said), said


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["orders", "--user", ALICE, "--test", "--symbol", "Q<Q"], "No such symbol: Q<Q"),
        (["orders", "--user", ALICE, "--test", "--quantity", "0"], "0 is not a number other than 0"),
        (["orders", "--user", ALICE], "the following arguments are required: --test"),
        (["reconcile", "--user", ALICE, "--link", "Other"], f"{ALICE} has no link called Other."),
        (["reconcile", "--user", OLGA], f"{OLGA} has no link."),
        (["reconcile", "--user", CAROL], "not compared: the link is refused"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_in_a_sentence(desk, arguments, complaint):
    with pytest.raises(RuntimeError, match=re.escape(complaint)) as refused:
        desk.manage(*arguments)
    assert "Traceback" not in str(refused.value)


def test_of_another_persons_orders_nothing_is_seen(desk):
    told = desk.manage("reconcile", "--user", BOB)
    assert " 0 orders, 0 fills" in told
