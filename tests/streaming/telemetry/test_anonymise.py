"""What a stranger is shown of the desk names no person, link, account, process or secret."""

import copy
import json

from lib.redaction import REDACTED
from streaming.telemetry.anonymise import nameless, stranger

MANAGER = {
    "person": 7,
    "process": "web-1",
    "seq": 12,
    "links": [
        {"link": "0a1b", "label": "Alice's IRA", "state": "waiting", "feeds": True,
         "reason": "account 5WX00001: Bearer canary4711 was refused", "sub": [{"of": "5WX00002 and 5WX00001"}]},
        {"link": "0a1c", "label": "Alice's other", "state": "live", "at": 3, "reason": None},
    ],
}  # fmt: skip
ACCOUNTS = {"5WX00001", "5WX00002"}


def test_a_manager_keeps_its_numbers_and_loses_whose_it_is():
    told = nameless(MANAGER, ACCOUNTS)
    assert (told["seq"], told["links"][0]["state"], told["links"][1]["at"]) == (12, "waiting", 3)
    assert (told["links"][0]["feeds"], told["links"][1]["reason"]) == (True, None)
    assert [(link["link"], link["label"]) for link in told["links"]] == [(1, "link 1"), (2, "link 2")]
    assert {"person", "process"}.isdisjoint(told)


def test_no_text_at_any_depth_names_an_account_a_link_or_a_secret():
    text = json.dumps(nameless(MANAGER, ACCOUNTS))
    for secret in (*ACCOUNTS, "canary4711", "Alice", "0a1b", "web-1"):
        assert secret not in text
    assert nameless(MANAGER, ACCOUNTS)["links"][0]["sub"] == [{"of": f"{REDACTED} and {REDACTED}"}]


def test_what_is_made_nameless_is_left_as_it_was():
    before = copy.deepcopy(MANAGER)
    nameless(MANAGER, ACCOUNTS)
    assert before == MANAGER


def test_a_process_is_a_number_instead_of_where_it_runs():
    told = stranger({"name": "host.example:1", "pid": 4711, "id": "abc", "kind": "web", "answers": True}, 2)
    assert told == {"name": "process 2", "kind": "web", "answers": True}
