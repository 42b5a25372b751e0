"""A desk for production insists on what it needs, and serves what was collected."""

import pathlib
import re

import httpx
import pytest

from config.env import BASE_DIR
from tests.support.desk import Program, clean_environment, run
from tests.support.plain_http import NO_TLS

pytestmark = pytest.mark.process

HOST = "desk.example.com"
CHECK = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]


@pytest.fixture(scope="module")
def production(tmp_path_factory):
    """The environment of a desk in production that is set up rightly, with its static files collected."""
    environment = clean_environment() | {
        "VAR_DIR": str(tmp_path_factory.mktemp("production")),
        "ENVIRONMENT": "production",
        "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
        "ALLOWED_HOSTS": HOST,
        "TRUSTED_PROXY_COUNT": "1",
    }
    run(["manage.py", "collectstatic", "--noinput", "--verbosity", "0"], environment)
    return environment


def test_djangos_own_deployment_checks_find_nothing(production):
    run(CHECK, production)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "hidden"}, "SECRET_KEY is too easy to guess"),
        ({"SECRET_KEY": "hide" * 13}, "SECRET_KEY is too easy to guess"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS must name the desk's hosts"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS must name the desk's hosts"),
        ({"DEBUG": "1"}, "DEBUG is on; it must be off"),
        ({"EMAIL_VERIFICATION": "1"}, "EMAIL_VERIFICATION is on and EMAIL_URL is not set"),
        ({"EMAIL_URL": "smpt://me:hidden@mail.example.com"}, "EMAIL_URL must be like smtp"),
    ],
)
def test_it_does_not_start_without_what_it_needs(production, wrong, says):
    with pytest.raises(RuntimeError, match=f"Configuration: {says}") as refusal:
        run(CHECK, production | wrong)
    assert "Traceback" not in str(refusal.value)
    assert "hidden" not in str(refusal.value)


def test_up_refuses_to_serve_before_static_files_are_collected(production, tmp_path):
    with pytest.raises(RuntimeError, match="no static files yet"):
        run(["manage.py", "up", "--port", "0"], production | {"VAR_DIR": str(tmp_path)})


def test_the_demo_is_not_there(production):
    with pytest.raises(RuntimeError, match="Unknown command: 'demo'"):
        run(["manage.py", "demo"], production)


def test_what_is_served_is_joined_and_shortened_and_names_hashed_files(production):
    collected = pathlib.Path(production["VAR_DIR"]) / "static"
    (hashed,) = collected.glob("js/main.????????????.js")
    script = hashed.read_text()
    names = re.findall(r"""(?:from\s*|import\()["']([^"']+)""", script)
    imported = [(hashed.parent / name).resolve() for name in names]
    assert {*collected.resolve().glob("vendor/*/lightweight-charts.????????????.js")} <= {*imported}
    assert all(file.exists() and re.search(r"\.[0-9a-f]{12}\.js$", file.name) for file in imported)
    assert "// " not in script
    assert hashed.with_name(f"{hashed.name}.br").stat().st_size < hashed.with_name(f"{hashed.name}.gz").stat().st_size
    (sheet,) = collected.glob("css/base.????????????.css")
    assert "/*" not in sheet.read_text()
    (vendored,) = collected.glob("vendor/lightweight-charts-*/lightweight-charts.js")
    assert vendored.read_bytes() == (BASE_DIR / "static" / vendored.relative_to(collected)).read_bytes()


@pytest.fixture(scope="module")
def address(production, tmp_path_factory):
    """Where such a desk is served."""
    up = Program(["manage.py", "up", "--port", "0"], production, tmp_path_factory.mktemp("served") / "log")
    up.start()
    try:
        yield up.line("Ready: ").rstrip("/")
    finally:
        up.stop()


@pytest.fixture
def client(address):
    """Who comes through its proxy."""
    headers = {"Host": HOST, "X-Forwarded-Proto": "https"}
    with httpx.Client(verify=NO_TLS, base_url=address, headers=headers) as client:
        yield client


def test_pages_name_hashed_files_that_may_be_kept_for_ever(client):
    page = client.get("/accounts/login/")
    assert page.is_success
    assert "secure" in page.headers["set-cookie"].lower()
    assert page.headers["strict-transport-security"] == "max-age=31536000"
    files = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|m?js))"', page.text)
    assert files
    for file in files:
        assert re.search(r"\.[0-9a-f]{12}\.", file), file
        assert "immutable" in client.get(file).raise_for_status().headers["cache-control"]


def test_every_cookie_is_this_hosts_alone_and_goes_over_https_only(client):
    client.get("/accounts/login/")
    away = client.get("/accounts/links/callback")  # nobody is signed in: it leaves a message for the next page
    said = [cookie for answer in (client.get("/accounts/login/"), away) for cookie in cookies_of(answer)]
    assert {cookie.partition("=")[0] for cookie in said} == {"__Host-csrftoken", "__Host-messages"}
    for cookie in said:
        parts = {part.strip().lower() for part in cookie.split(";")}
        assert {"secure", "path=/"} <= parts, cookie
        assert not [part for part in parts if part.startswith("domain")], cookie


ANSWERED = [
    "/accounts/login/", "/", "/nowhere/", "/admin/", "/health", "/ready", "/metrics", "/status/now/", "/robots.txt",
    "/api/desk/preferences", "/api/watchlists/", "/api/stream/poll/", "/api/options/expirations/QQQ", "/trade/orders",
    "/sse/streaming/", "/ws/streaming/", "/static/nowhere.js", "/static/js/theme.js", "/static/css/base.css",
    "/static/icons/tapedeck.svg",
]  # fmt: skip
"""A path of each kind of answer: pages, refusals, JSON, streams, and files."""


@pytest.mark.parametrize("path", ANSWERED)
def test_a_browser_takes_every_answer_over_https_only_and_for_what_it_is(client, path):
    answer = client.get(path)
    assert answer.status_code < 500
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert answer.headers["x-content-type-options"] == "nosniff"
    kind, _, more = answer.headers.get("content-type", "").partition(";")
    assert kind if answer.content else answer.is_redirect
    if kind.startswith("text/"):
        assert more.strip().replace('"', "").lower() == "charset=utf-8"
    if answer.is_success and path.startswith("/static/"):
        assert kind == KINDS[path.rpartition(".")[2]]
    else:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy


KINDS = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}


@pytest.mark.parametrize(
    "path",
    ["/.git/config", "/.git/HEAD", "/static/../.git/config", "/static/%2e%2e/.git/config", "/.env", "/manage.py"],
)
def test_nothing_of_the_folder_it_runs_in_is_served(client, path):
    assert client.get(path).status_code == 404


def cookies_of(answer: httpx.Response) -> list[str]:
    return answer.headers.get_list("set-cookie")


def test_nobody_enters_by_the_demos_click(client):
    assert [client.get("/demo/enter/").status_code, client.post("/demo/enter/").status_code] == [404, 404]
    assert "/demo/" not in client.get("/accounts/login/").text


def test_a_forgotten_password_is_no_promise_of_a_mail_that_nobody_sends(client):
    assert "This desk sends no mail" in client.get("/accounts/password/reset/").text


def test_scripts_of_another_release_are_served_as_soon_as_they_are_collected(production, client):
    name = "js/main.0123456789ab.js"
    assert client.get(f"/static/{name}").status_code == 404
    other = pathlib.Path(production["VAR_DIR"]) / "static" / name
    other.write_text("export const release = 2;")
    served = client.get(f"/static/{name}").raise_for_status()
    assert served.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert (served.text, served.headers["content-type"].split(";")[0]) == (other.read_text(), "text/javascript")
    for path in ("/static/staticfiles.json", "/static/js/../../keys/credential_key", "/static//etc/x.0123456789ab.js"):
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize(("path", "status"), [("/health", 200), ("/ready", 200), ("/metrics", 401), ("/", 400)])
def test_who_asks_how_it_fares_need_not_know_its_name(address, path, status):
    answer = httpx.get(f"{address}{path}", verify=NO_TLS)
    assert answer.status_code == status, answer.text
