"""The logic of the front end holds its claims (tests/js), in the browser it is made for and under `node --test`."""

import functools
import http.server
import pathlib
import subprocess
import threading
import typing

import pytest
from playwright.sync_api import Browser

from tests.support.node import NODE

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MODULES = sorted(str(path.relative_to(ROOT / "tests/js")) for path in (ROOT / "tests/js").rglob("*.test.js"))


class Files(http.server.SimpleHTTPRequestHandler):
    """Serves the repository's files, quietly, and one empty page to import modules from."""

    def do_GET(self) -> None:
        if self.path == "/":
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Security-Policy", "default-src 'self'; require-trusted-types-for 'script'")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>claims</title>")
        else:
            super().do_GET()

    def log_message(self, format: str, *args: typing.Any) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def files() -> typing.Iterator[str]:
    handler = functools.partial(Files, directory=str(ROOT))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def test_there_are_claims() -> None:
    assert len(MODULES) >= 8


@pytest.mark.parametrize("module", MODULES)
def test_claims_hold(browser: Browser, files: str, module: str) -> None:
    page = browser.new_page()
    try:
        page.goto(files)
        found = page.evaluate(
            """async (module) => {
                await import(`/tests/js/${module}`);
                return (await import("/tests/js/claims.js")).results();
            }""",
            module,
        )
    finally:
        page.close()
    assert found, f"{module} claims nothing"
    assert [result for result in found if result["error"]] == []


@pytest.mark.process
def test_claims_hold_without_a_browser() -> None:
    done = subprocess.run(
        [NODE, "--test", "--test-reporter=tap", *(f"tests/js/{module}" for module in MODULES)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert f"# pass {done.stdout.count('# Subtest: ')}" in done.stdout


@pytest.mark.process
def test_pages_load_what_the_modules_make(tmp_path: pathlib.Path) -> None:
    subprocess.run([ROOT / "packing/pack", tmp_path], check=True)
    made, kept = (
        {str(file.relative_to(at)): file.read_text() for file in at.rglob("*.*")}
        for at in (tmp_path, ROOT / "static/built")
    )
    assert made == kept, "static/built is older than static/js or static/css: run `make script`"
