"""The assistant's drawer: an answer with live numbers, Stop, failures, asking again, consent, and every look of it."""

import pathlib
import re
import typing

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.browser.conftest import WIDTHS, Visitor
from tests.support.desk import Desk

SCRIPT = pathlib.Path(__file__).with_name("chat_script.js")
PLAIN_TALK = "chat.own({kind: 'status', text: 'asking the model'}); chat.words('It is ', 'so.'); chat.end();"
OF_QQQ = "chat.answerOfQqq()"
"""An answer with a number that moves, one that does not, and what a model must not do."""


@pytest.fixture(scope="module")
def signed_in(browser: Browser, desk: Desk) -> typing.Iterator[Visitor]:
    """Alice's browser, whose chat a test plays."""
    visitor = Visitor(browser, url=desk.url)
    visitor.context.add_init_script(path=SCRIPT)
    visitor.enter(desk.cookie(), desk.url)
    visitor.page.goto("/status/")
    expect(visitor.page.locator("live-quote.chip")).to_have_attribute("data-state", "live")
    yield visitor
    visitor.close()


@pytest.fixture
def alice(signed_in: Visitor) -> Visitor:
    """Alice with a drawer that is open and empty."""
    page = signed_in.page
    signed_in.look(theme="dark", width=1440)
    page.evaluate("Object.assign(chat, {asked: [], agreed: [], said: [], aborted: 0, refusal: null})")
    signed_in.errors.clear()
    if drawer(signed_in).is_hidden():
        page.locator("body").press("i")
    drawer(signed_in).get_by_role("button", name="New").click()
    return signed_in


def drawer(visitor: Visitor) -> Locator:
    return visitor.page.locator("assistant-drawer")


def answers(visitor: Visitor) -> Locator:
    return visitor.page.locator("assistant-drawer .answer")


def ask(visitor: Visitor, question: str, play: str = "") -> None:
    """Type a question; then the model does what `play` says."""
    box = visitor.page.get_by_label("Your question")
    box.fill(question)
    box.press("Enter")
    if play:
        visitor.page.evaluate(play)


def hear(visitor: Visitor, words: str) -> None:
    """Wait until who listens to the page was told these words."""
    visitor.page.wait_for_function("(words) => chat.said.some((one) => one.includes(words))", arg=words)


def test_numbers_of_an_answer_live_and_nothing_of_a_model_is_markup(alice: Visitor) -> None:
    page = alice.page
    ask(alice, "How does QQQ stand?", OF_QQQ)
    number = answers(alice).locator("desk-number[data-live]")
    expect(number).to_have_attribute("data-state", "live")
    answered = page.evaluate("chat.answered")
    expect(number).not_to_have_text(answered)
    expect(number).to_have_text(re.compile(r"^\d+\.\d\d$"))
    expect(answers(alice).locator("strong")).to_have_text("QQQ")
    expect(answers(alice)).to_contain_text("<img src=x onerror=alert(1)> ![x](https://x.example/1)")
    expect(answers(alice)).to_contain_text("900 not from your data")
    expect(answers(alice)).to_contain_text("[a number that is not in your data]")
    assert answers(alice).locator("img, a, script, iframe, style").count() == 0
    hear(alice, "Answer finished, 1 source.")
    expect(drawer(alice)).to_contain_text("foreign text")
    expect(drawer(alice).locator(".trace summary")).to_have_text(re.compile("^Asked 1 tool, 0.01 s"))
    number.locator("button").focus()
    expect(page.get_by_role("tooltip")).to_contain_text("when this was answered")
    expect(drawer(alice).get_by_role("heading", name="Assistant")).to_be_in_viewport()
    page.get_by_role("button", name="As it was then").click()
    expect(number).to_have_attribute("data-state", "then")
    expect(number).to_have_text(answered)
    page.get_by_role("button", name="As it was then").click()
    expect(number).not_to_have_text(answered)
    answers(alice).get_by_role("button", name="Source 1").first.click()
    expect(drawer(alice).locator(".trace li")).to_be_focused()
    alice.examine()
    for width in WIDTHS:
        alice.examine_in_both_themes(width, within="assistant-drawer")


def test_a_number_whose_feed_falls_silent_is_dimmed_and_wears_its_age(alice: Visitor) -> None:
    ask(alice, "How does QQQ stand?", OF_QQQ)
    number = answers(alice).locator("desk-number[data-live]")
    expect(number).to_have_attribute("data-state", "live")
    feed = "(state) => chat.store.apply([{...chat.store.all('link')[0], state}])"
    alice.page.evaluate(feed, "stale")
    expect(number).to_have_attribute("data-state", "stale")
    expect(number).to_have_text(re.compile(r"^\d+\.\d\d ◌ \d+ s$"))
    alice.page.evaluate(feed, "live")
    expect(number).to_have_attribute("data-state", "live")


def test_without_a_model_commands_call_tools(alice: Visitor) -> None:
    ask(alice, "/quote QQQ")
    table = drawer(alice).get_by_role("table")
    expect(table.get_by_role("rowheader")).to_have_text("QQQ")
    expect(drawer(alice).locator(".trace summary")).to_have_text(re.compile("^Asked 1 tool, "))
    alice.look(theme="dark", width=320)
    alice.examine(within="assistant-drawer")
    ask(alice, "/sell QQQ")
    expect(drawer(alice).locator(".turn-note").last).to_contain_text("There is no /sell.")
    assert alice.page.evaluate("chat.asked") == []


def test_the_simulated_model_answers_and_its_talk_is_kept(alice: Visitor) -> None:
    page = alice.page
    page.evaluate("chat.isReal = true")
    try:
        ask(alice, "What is QQQ at?")
        drawer(alice).get_by_role("button", name="Agree and ask").click()
        assert ["403" in error for error in alice.errors] == [True], "nothing was answered before that"
        alice.errors.clear()
        number = answers(alice).locator("desk-number[data-live]").first
        expect(number).to_have_attribute("data-state", "live")
        hear(alice, "Answer finished, ")
        drawer(alice).get_by_role("button", name="Talks").click()
        drawer(alice).get_by_role("button", name="What is QQQ at?", exact=True).click()
        expect(number).to_have_attribute("data-state", "live")
        expect(answers(alice)).to_have_count(1)
        drawer(alice).get_by_role("button", name="Talks").click()
        alice.examine(within="assistant-drawer")
        delete = drawer(alice).get_by_role("button", name="Delete What is QQQ at?")
        delete.click()
        delete.click()
        expect(drawer(alice).locator(".talks")).to_contain_text("No talk is kept yet.")
        expect(answers(alice)).to_have_count(0)
        drawer(alice).get_by_role("button", name="Delete all").click()
        expect(drawer(alice).get_by_role("button", name="Really delete?")).to_be_visible()
        drawer(alice).get_by_role("button", name="Talks").click()
        drawer(alice).get_by_role("button", name="Talks").click()
        expect(drawer(alice).get_by_role("button", name="Delete all")).to_be_visible()
    finally:
        page.evaluate("chat.isReal = false")


def test_stop_keeps_what_is_there_and_a_second_escape_closes(alice: Visitor) -> None:
    page = alice.page
    ask(alice, "Why?", "chat.words('Because it is so. And then ')")
    expect(answers(alice)).to_contain_text("Because it is so.")
    send = drawer(alice).get_by_role("button", name="Stop")
    expect(send).to_be_visible()
    page.get_by_label("Your question").press("Escape")
    expect(drawer(alice).locator(".turn-note")).to_have_text("Stopped after 6 words.")
    assert page.evaluate("chat.aborted") == 1
    expect(answers(alice)).to_contain_text("And then")
    page.get_by_label("Your question").press("Escape")
    expect(drawer(alice)).to_be_hidden()
    page.locator("body").press("i")
    expect(page.get_by_label("Your question")).to_be_focused()


def test_a_stream_that_is_cut_or_fails_is_said_and_what_came_is_kept(alice: Visitor) -> None:
    note = drawer(alice).locator(".turn-note")
    ask(alice, "One?", "chat.words('Two words'); chat.body.close()")
    expect(note.last).to_have_text("The answer was cut off after 2 words. What is here is kept; ask again.")
    ask(alice, "Two?", "chat.fail('timeout', 'The model took longer than 90 s.')")
    expect(note.last).to_have_text("The model took longer than 90 s. Ask again.")
    alice.page.evaluate("chat.refuse(429, 'rate_limit_exceeded', 'Twelve turns a minute.')")
    ask(alice, "Three?")
    expect(note.last).to_have_text("Twelve turns a minute. Ask again when that is over.")
    assert alice.errors == []


def test_of_a_position_that_is_closed_the_number_stands_as_of_then(alice: Visitor) -> None:
    ask(alice, "What do I hold?", "chat.words('You hold ')")
    alice.page.evaluate(
        "chat.number({text: '5', call: 1, path: '/positions/0/quantity', value: 5, slot: 'position:9:1:QQQ:quantity'});"
        "chat.words(' of QQQ.'); chat.end()"
    )
    number = answers(alice).locator("desk-number[data-live]")
    expect(number).to_have_text("5 ◌ then, not there now")
    expect(number).to_have_attribute("data-state", "none")


def test_what_a_model_said_of_its_health_ends_with_a_question_and_with_its_health(alice: Visitor) -> None:
    page, foot = alice.page, drawer(alice).locator("[data-part=foot]")

    def open_with(status: str, model: str = "m") -> None:
        page.evaluate("([status, model]) => { chat.health = {status, model}; }", [status, model])
        drawer(alice).get_by_role("button", name="Close").click()
        page.locator("body").press("i")

    open_with("unreachable")
    expect(foot).to_contain_text("The model does not answer.")
    open_with("busy")
    expect(foot).to_contain_text("The model is busy.")
    open_with("ready", "simulated")
    expect(foot).to_have_text("")
    expect(drawer(alice).locator("[data-part=model]")).to_have_text("simulated")
    open_with("unreachable")
    expect(foot).to_contain_text("The model does not answer.")
    ask(alice, "One?", "chat.words('It is so. And ')")
    expect(answers(alice)).to_contain_text("It is so.")
    expect(foot).to_have_text("")
    open_with("unreachable", "another")
    expect(drawer(alice).locator("[data-part=model]")).to_have_text("another")
    expect(foot).to_have_text("")
    page.evaluate("chat.end({tainted: false}); chat.health = {status: 'ready', model: 'm', is_simulated: true}")


def test_asking_again_folds_the_answer_and_an_edit_branches(alice: Visitor) -> None:
    page = alice.page
    ask(alice, "One?", PLAIN_TALK)
    expect(answers(alice)).to_have_text("It is so.")
    ask(alice, "Two?", PLAIN_TALK)
    expect(answers(alice)).to_have_count(2)
    asked = page.evaluate("chat.asked")
    assert asked[0]["csrf"]
    assert asked[0]["stream"]
    assert asked[1]["tapedeck"] == {"conversation": 7}
    assert [one["content"] for one in asked[1]["messages"]] == ["Two?"]
    drawer(alice).get_by_role("button", name="Ask again").last.click()
    expect(drawer(alice).locator("details.folded")).to_have_count(1)
    page.evaluate(PLAIN_TALK)
    expect(answers(alice)).to_have_count(3)
    assert page.evaluate("chat.asked[2].tapedeck") == {"conversation": 7, "before": 2}
    assert page.evaluate("chat.asked[2].messages") == [{"role": "user", "content": "Two?"}]
    expect(drawer(alice).get_by_role("button", name="Edit").last).to_be_visible()
    drawer(alice).get_by_role("button", name="Edit").first.click()
    ask(alice, "Else?", PLAIN_TALK)
    expect(answers(alice)).to_have_count(1)
    assert page.evaluate("chat.asked[3].tapedeck.before") == 1
    ask(alice, "More?", PLAIN_TALK)
    expect(answers(alice)).to_have_count(2)
    drawer(alice).get_by_role("button", name="Edit").first.click()
    ask(alice, "/help")
    expect(drawer(alice).locator("article")).to_have_count(3)
    drawer(alice).get_by_role("button", name="Ask again").first.click()
    expect(drawer(alice).locator("article")).to_have_count(2)
    page.evaluate(PLAIN_TALK)
    assert page.evaluate("chat.asked[5].tapedeck.before") == 4


def test_nothing_is_asked_before_a_person_agrees_with_the_host(alice: Visitor) -> None:
    page = alice.page
    page.evaluate("chat.refuse(403, 'consent_required', 'Agree first.', 'models.example')")
    ask(alice, "One?")
    agree = drawer(alice).get_by_role("button", name="Agree and ask")
    expect(agree).to_be_focused()
    expect(drawer(alice).locator(".consent")).to_contain_text("models.example")
    alice.examine(within="assistant-drawer")
    agree.press("Enter")
    expect(drawer(alice).get_by_role("button", name="Stop")).to_be_visible()
    page.evaluate(PLAIN_TALK)
    expect(answers(alice)).to_have_text("It is so.")
    assert page.evaluate("chat.agreed") == ["models.example"]


def test_a_question_that_waits_for_consent_waits_for_an_answer_under_way(alice: Visitor) -> None:
    page = alice.page
    page.evaluate("chat.refuse(403, 'consent_required', 'Agree first.', 'models.example')")
    ask(alice, "One?")
    agree = drawer(alice).get_by_role("button", name="Agree and ask")
    expect(agree).to_be_focused()
    page.evaluate("chat.refusal = null")
    ask(alice, "Two?", "chat.words('So ')")
    agree.click()
    expect(drawer(alice).locator(".consent")).to_contain_text("An answer is under way.")
    assert len(page.evaluate("chat.asked")) == 2
    page.evaluate("chat.end()")
    hear(alice, "Answer finished, ")
    agree.click()
    page.wait_for_function("() => chat.asked.length === 3")
    page.evaluate(PLAIN_TALK)
    expect(answers(alice).first).to_have_text("It is so.")


def test_a_conversation_is_held_by_keys_alone(alice: Visitor) -> None:
    page, press = alice.page, alice.page.keyboard.press
    page.get_by_label("Your question").focus()
    page.keyboard.type("One?")
    press("Shift+Enter")
    page.keyboard.type("Two?")
    press("Enter")
    page.evaluate(PLAIN_TALK)
    expect(answers(alice)).to_have_text("It is so.")
    assert page.evaluate("chat.asked[0].messages[0].content") == "One?\nTwo?"
    press("ArrowUp")
    expect(page.get_by_label("Your question")).to_have_value("One?\nTwo?")
    press("Escape")
    press("Alt+ArrowUp")
    expect(drawer(alice).locator("article")).to_be_focused()
