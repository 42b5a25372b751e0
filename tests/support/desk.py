"""A whole desk on loopback: a simulated venue, a web server and the three people of people.py."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import typing

import httpx
import msgspec

from config import env, valkey
from config.env import BASE_DIR
from config.processes import running
from tests.support import plain_http
from tests.support.backends import Ground
from tests.support.backends import free_port as free_port
from tests.support.eventually import eventually
from tests.support.people import ALICE, PASSWORD
from tests.support.plain_http import NO_TLS

START_S = 90.0
STOP_S = 15.0
ANSWER_S = 20.0
"""How long a busy machine may take to let somebody in, which is not what is asked here."""

DESK_SETTINGS = "tests.desk_settings"
Server = typing.Literal["up", "runserver"]
SPEED = 0.2
"""How fast a desk's market moves where a test does not say: prices still change many times a second, for less."""
WEB, STREAMS = int(os.environ.get("DESK_WEB", "1")), int(os.environ.get("DESK_STREAMS", "0"))
"""How many processes a desk of `up` has where a test does not say: DESK_WEB=2 DESK_STREAMS=2 for a whole run."""


class Program:
    """One process of a desk. What it says is kept in `log`; a restarted program goes on in the same file."""

    def __init__(self, arguments: list[str], environment: dict[str, str], log: pathlib.Path) -> None:
        self.arguments = arguments
        self._environment = environment
        self.path = log
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> str:
        """Everything it has said until now."""
        return self.path.read_text(errors="replace") if self.path.exists() else ""

    def start(self) -> None:
        """Start it; returns at once."""
        with self.path.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-u", *self.arguments],
                cwd=BASE_DIR, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def line(self, start: str, since: int = 0) -> str:
        """Wait for a whole line that begins with `start`, after the first `since` characters; return its rest."""

        def find() -> str:
            assert self.process is not None
            for line in self.log[since:].splitlines(keepends=True):
                if line.startswith(start) and line.endswith("\n"):
                    return line.rstrip("\n").removeprefix(start)
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.arguments} ended with {self.process.returncode}:\n{self.log[-3000:]}")
            return ""

        return str(eventually(find, within=START_S, saying=lambda: self.log[-3000:]))

    def stop(self, blow: signal.Signals = signal.SIGTERM) -> int:
        """End it with `blow`, and by force when it does not end in time. Returns its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(blow)
        try:
            code = self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self.process = None
        return code


class Visitor:
    """Goes to a web server as a person's browser would."""

    def __init__(self, url: str) -> None:
        self.url = url

    @property
    def ws_url(self) -> str:
        """Where its sockets live, without a path."""
        return self.url.replace("http", "ws", 1)

    def get(self, path: str, **options: typing.Any) -> httpx.Response:
        """Ask the web server for a path, signed out. One that does not answer is an AssertionError."""
        try:
            return plain_http.get(f"{self.url}{path}", **options)
        except httpx.TransportError as error:
            raise AssertionError(f"{path}: {error}") from error

    def sign_in(self, email: str = ALICE, password: str = PASSWORD) -> contextlib.AbstractContextManager[httpx.Client]:
        """Sign in as a person would; the client, with its cookies, lasts as long as the `with`."""
        return self._enter("/accounts/login/", {"login": email, "password": password})

    def sign_up(self, email: str) -> contextlib.AbstractContextManager[httpx.Client]:
        """Sign up as somebody new, with the password of everybody; then as `sign_in`."""
        return self._enter("/accounts/signup/", {"email": email, "password1": PASSWORD})

    @contextlib.contextmanager
    def _enter(self, path: str, fields: dict[str, str]) -> typing.Iterator[httpx.Client]:
        headers = {"Origin": self.url, "Referer": f"{self.url}/"}
        with httpx.Client(verify=NO_TLS, base_url=self.url, headers=headers, timeout=ANSWER_S) as client:
            client.get(path).raise_for_status()
            answer = client.post(path, data={**fields, "csrfmiddlewaretoken": client.cookies["csrftoken"]})
            assert answer.status_code == 302, f"{path} lets nobody in: {answer.status_code}\n{answer.text[:2000]}"
            yield client

    def cookie(self, email: str = ALICE, password: str = PASSWORD) -> str:
        """Sign in and return the Cookie header of that session, for a WebSocket client."""
        with self.sign_in(email, password) as client:
            return "; ".join(f"{name}={value}" for name, value in client.cookies.items())

    def token(
        self, email: str = ALICE, password: str = PASSWORD, *, name: str = "script", scopes: tuple[str, ...] = ("read",)
    ) -> str:
        """Make an API token on its page as a person would; return its secret. Names are taken once a person."""
        with self.sign_in(email, password) as client:
            client.get("/accounts/tokens").raise_for_status()
            fields = {"name": name, "scopes": list(scopes), "days": "30", "password": password}
            answer = client.post(
                "/accounts/tokens", data={**fields, "csrfmiddlewaretoken": client.cookies["csrftoken"]}
            )
        found = re.search(r"tdk_\w+", answer.text)
        assert found, f"{email} got no token: {answer.status_code}\n{answer.text[:2000]}"
        return found[0]


class Desk(Visitor):
    """One running desk. See the fixtures of conftest.py; `with Desk(folder, template) as desk:` makes one by hand."""

    def __init__(
        self,
        folder: pathlib.Path,
        template: pathlib.Path | None = None,
        *,
        server: Server = "up",
        web: int = WEB,
        streams: int = STREAMS,
        up: typing.Sequence[str] = (),
        token_lifetime: float | None = None,
        venue: typing.Sequence[str] = (),
        variables: typing.Mapping[str, str] | None = None,
    ) -> None:
        super().__init__("")
        self.folder = folder
        self.run_dir = folder / "run"
        self.run_dir.mkdir(mode=0o700, parents=True)
        if template is not None:
            shutil.copytree(template, folder, dirs_exist_ok=True)
        self.ground = Ground(folder, template, variables or ())
        self.environment = clean_environment() | {
            **self.ground.variables,
            "DJANGO_SETTINGS_MODULE": DESK_SETTINGS,
            "VAR_DIR": str(folder),
            "ENVIRONMENT": "development",
            "OPEN_SIGNUP": "1",
            "LEARNING": "0",  # it is a process more, and nobody here follows signals
            **({"STATIC_ROOT": str(static)} if template and (static := collected(template)).exists() else {}),
            "LOG_LEVEL": "DEBUG",
            **(variables or {}),
        }
        lifetime = [] if token_lifetime is None else ["--token-lifetime", str(token_lifetime)]
        self._venue_options = ["--speed", str(SPEED), *lifetime, *venue]
        self.venue = self._venue_program(0)
        self.server = self._server_program(server, web, streams, up)
        self.grants: list[dict[str, typing.Any]] = []
        """What the venue hands out: client_secret, refresh_token and accounts of each customer."""
        self.clients: list[dict[str, typing.Any]] = []
        """The OAuth clients the venue knows: client_id, client_secret, the accounts of its owner if it has one."""
        self.venue_url = ""

    def __enter__(self) -> "Desk":
        try:
            self.venue.start()
            self.server.start()  # while the venue starts: nobody is there yet who has it looked for
            self._hear_venue(0)
            self._hear_server(0)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _venue_program(self, port: int) -> Program:
        options = ["--json", "--port", str(port), "--write", str(self.run_dir / "loopback.json"), *self._venue_options]
        return Program(["-m", "simulator", *options], self.environment, self.folder / "venue.log")

    def _server_program(self, server: Server, web: int, streams: int, more: typing.Sequence[str]) -> Program:
        arguments = {
            "up": ["manage.py", "up", "--port", "0", "--web", str(web), "--streams", str(streams), *more],
            "runserver": ["manage.py", "runserver", "--noreload", f"127.0.0.1:{free_port()}"],
        }[server]
        return Program(arguments, self.environment, self.folder / "server.log")

    @property
    def control(self) -> str:
        """Where the venue takes orders to misbehave."""
        return f"{self.venue_url}/_sim"

    @property
    def layer_url(self) -> str:
        """The URL of the Valkey or Redis that joins its processes."""
        return self.environment.get("REDIS_URL") or valkey.url(self.run_dir)

    @property
    def database_url(self) -> str:
        """The URL of its database."""
        return self.environment.get("DATABASE_URL") or f"sqlite:///{self.folder / 'db' / 'tapedeck.sqlite3'}"

    @property
    def log(self) -> str:
        """Everything the web server has said."""
        return self.server.log

    @property
    def children(self) -> dict[str, int]:
        """The process ids of what `up` keeps, by name (web-1, streams-2); none of a desk of one process."""
        state = running.state(self.run_dir)
        assert state is not None, f"no desk runs in {self.run_dir}"
        return state.children

    def start_venue(self) -> None:
        """Start the venue and publish where it listens."""
        since = len(self.venue.log)
        self.venue.start()
        self._hear_venue(since)

    def _hear_venue(self, since: int) -> None:
        line = "{" + self.venue.line("{", since)
        told = msgspec.json.decode(line)["tastytrade"]
        self.grants, self.clients, self.venue_url = told["grants"], told["clients"], told["rest"]

    def start_server(self) -> None:
        """Start the web server and wait until it takes connections."""
        since = len(self.server.log)
        self.server.start()
        self._hear_server(since)

    def _hear_server(self, since: int) -> None:
        if self.server.arguments[1] == "up":
            self.url = self.server.line("Ready: ", since).rstrip("/")
        else:
            address = self.server.arguments[-1]
            self.server.line("Starting ASGI/Daphne version", since)
            self.url = f"http://{address}"
            eventually(lambda: self.get("/health").is_success, within=START_S, saying=lambda: self.log[-3000:])

    def kill_venue(self) -> None:
        """End the venue at once, as a machine that loses power would."""
        self.venue.stop(signal.SIGKILL)

    def restart_venue(self) -> None:
        """Start the venue again on its old port."""
        port = httpx.URL(self.venue_url).port
        assert port is not None
        self.venue = self._venue_program(port)
        self.start_venue()

    def move_venue(self) -> None:
        """Start the venue again on another port."""
        self.venue = self._venue_program(0)
        self.start_venue()

    def stop_server(self, blow: signal.Signals = signal.SIGTERM) -> int:
        """End the web server; returns its exit code."""
        return self.server.stop(blow)

    def stop(self) -> None:
        """End everything this desk started."""
        with contextlib.ExitStack() as stack:
            stack.callback(self.ground.close)
            stack.callback(self.venue.stop, signal.SIGKILL)
            stack.callback(self.server.stop)

    def manage(self, *arguments: str, stdin: str = "") -> str:
        """Run a management command on this desk and return what it printed."""
        return run(["manage.py", *arguments], self.environment, stdin)

    def order(self, what: str, **order: typing.Any) -> typing.Any:
        """Order something of the venue: a `fault`, a `price`, an `account`, a `customer`. Returns its answer."""
        answer = plain_http.post(f"{self.control}/{what}", json=order)
        assert answer.is_success, answer.text
        return answer.json()

    def fault(self, **order: typing.Any) -> typing.Any:
        """Order a fault at the venue: `desk.fault(fault="drop")["struck"]` says how many it hit."""
        return self.order("fault", **order)

    def venue_stats(self) -> typing.Any:
        """Return what the venue was asked, and who is connected."""
        return plain_http.get(f"{self.control}/stats").raise_for_status().json()


def clean_environment() -> dict[str, str]:
    """Return this process's environment without any configuration of a desk."""
    names = env.VARIABLES + env.RESERVED
    kept = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in names}
    return kept | {"ENV_FILE": os.devnull, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONWARNINGS": "default"}


def run(arguments: list[str], environment: dict[str, str], stdin: str = "") -> str:
    """Run a Python program to its end and return what it printed. Raises when it fails, with what it said."""
    done = subprocess.run(
        [sys.executable, *arguments], cwd=BASE_DIR, env=environment, input=stdin, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{arguments} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def make_template(folder: pathlib.Path, variables: typing.Mapping[str, str] | None = None) -> pathlib.Path:
    """Make a migrated database with the cast in it, and the key that opens its links; desks start from a copy."""
    make = "import django; django.setup(); from tests.support import cast; cast.make()"
    ground = Ground(folder, given=["REDIS_URL", *(variables or {})])  # its database lasts as long as its server
    given = {"DJANGO_SETTINGS_MODULE": DESK_SETTINGS, "VAR_DIR": str(folder), **(variables or {})}
    given["STATIC_ROOT"] = str(collected(folder))
    run(["-c", make], clean_environment() | ground.variables | given)
    return folder


def collected(template: pathlib.Path) -> pathlib.Path:
    """Where the static files of the desks that start from `template` are: as they are served, collected once.

    Templates that are made otherwise have none; their desks, which show no pages, serve the sources.
    """
    return template.with_name(f"{template.name}-static")
