"""The ten lines of docs/protocol.md, as they stand there: JavaScript in a page's console, Python with `websockets`."""

import pathlib
import re
import subprocess
import sys

import pytest

from tests.support.eventually import eventually
from tests.support.people import ALICE, PASSWORD

PAGE = pathlib.Path("docs/protocol.md").read_text()


@pytest.fixture(scope="module", params=["up", "runserver"], ids=["uvicorn", "daphne"])
def desk(request, make_desk):
    with make_desk(server=request.param) as running:
        yield running


def snippet(language: str) -> str:
    """The first block of a language on the page."""
    found = re.search(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


def test_the_ten_lines_of_javascript(desk, browser):
    assert len(snippet("js").splitlines()) <= 10
    page = browser.new_page()
    try:
        page.goto(f"{desk.url}/accounts/login/")
        page.fill("input[name=login]", ALICE)
        page.fill("input[name=password]", PASSWORD)
        page.click("main button[type=submit]")
        page.wait_for_url("**/accounts/settings*")
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.evaluate(f"() => {{ {snippet('js')} }}")

        def logged(line: str) -> list[str]:
            page.evaluate("1")  # lets come in what was said
            return [text for text in said if re.fullmatch(line, text)]

        eventually(lambda: logged(r"QQQ [\d.]+ [\d.]+ [\d.]+"), within=30)
        eventually(lambda: logged(r"5WX\d+ [\d.]+"), within=30)
    finally:
        page.close()


def test_the_same_lines_of_python(desk):
    program = snippet("python").replace("ws://127.0.0.1:8000", desk.ws_url)
    assert desk.ws_url in program
    program = re.sub(r"sessionid=[^\"']*", desk.cookie(ALICE), program)
    running = subprocess.Popen([sys.executable, "-u", "-c", program], stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    try:
        lines = [running.stdout.readline() for _ in range(5)]
    finally:
        running.kill()
        running.wait()
        running.stdout.close()
    assert any("QQQ" in line for line in lines)
