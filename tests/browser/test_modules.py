"""The logic of the front end holds its claims (tests/js), in the browser it is made for and under `node --test`."""

import functools
import http.server
import pathlib
import shutil
import subprocess
import threading
import typing

import pytest
from playwright._impl._driver import compute_driver_executable
from playwright.sync_api import Browser

from config.static import packed

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
MODULES = sorted(path.name for path in (ROOT / "tests/js").glob("*.test.js"))


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


def test_claims_hold_without_a_browser_of_modules_as_they_are_served(tmp_path: pathlib.Path) -> None:
    for path in (ROOT / "static/js").rglob("*.js"):
        copy = tmp_path / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(packed(path.read_text()))
    shutil.copytree(ROOT / "tests/js", tmp_path / "tests/js")
    shutil.copytree(ROOT / "static/vendor", tmp_path / "static/vendor")
    node, _ = compute_driver_executable()  # the one that drives the browser; tests need no other
    done = subprocess.run(
        [node, "--test", "--test-reporter=tap", *(f"tests/js/{module}" for module in MODULES)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert f"# pass {done.stdout.count('# Subtest: ')}" in done.stdout
