"""What the page on running a desk says is what deploy/ does, what the code has, and what its own figures add up to."""

import math
import os
import re
import subprocess

import pytest
from django.core.management import get_commands

from config import databases, env
from config.env import BASE_DIR
from config.management.commands.up import Command
from streaming.status.prometheus import described
from tests.config.test_docs import section, tracked
from tests.support.desk import clean_environment

PAGE = (BASE_DIR / "docs/operations.md").read_text()
RULES = (BASE_DIR / "deploy/prometheus/tapedeck.rules.yml").read_text()
FILES = {file.relative_to(BASE_DIR / "deploy").as_posix(): file.read_text() for file in tracked("deploy")}
UNITS = {name: text for name, text in FILES.items() if name.endswith(".service")}
KERNEL = {"process_cpu_seconds_total", "process_open_fds", "process_max_fds"}


def rows(text: str, first: str) -> list[list[str]]:
    """The cells of the table whose head begins with a column `first`."""
    lines = text[text.index(f"| {first} |") :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines[2:]]


def test_every_alarm_is_explained_and_every_explained_one_is_a_rule():
    alarms = re.findall(r"- alert: (\w+)", RULES)
    explained = [row[0].strip("`") for row in rows(PAGE, "alarm")]
    assert alarms == explained
    assert all(len(row) == 4 and all(row) for row in rows(PAGE, "alarm"))


def test_every_alarm_asks_for_metrics_that_exist():
    known = KERNEL | {name + ending(described.kind) for name, described in described().items()} | {"up"}
    for expression in re.findall(r"expr: (.*)", RULES):
        asked = set(re.findall(r"\b((?:tapedeck|process)_\w+|up)\b(?=[{\s[]|\)|$)", expression))
        assert asked, expression
        assert asked <= known, expression


def test_an_alarm_about_fewer_than_before_hears_of_none_left():
    """A count of nothing has no value, and what has none is fewer than nothing."""
    compared = [expression for expression in re.findall(r"expr: (.*)", RULES) if "offset" in expression]
    assert compared
    for expression in compared:
        now, before = expression.rsplit(" < ", 1)
        assert now.endswith(f" or 0 * {before})"), expression


def ending(kind: str) -> str:
    return {"counter": "_total", "histogram": "_bucket", "gauge": ""}[kind]


@pytest.mark.parametrize("name", sorted(FILES))
def test_every_file_to_deploy_names_only_settings_that_exist(name):
    known = {*env.VARIABLES, *(f"{one}_FILE" for one in env.VARIABLES)}
    text = FILES[name]
    if name.endswith("tapedeck.env"):
        named = set(re.findall(r"^([A-Z_]+)=", text, re.MULTILINE))
    elif name in UNITS:
        named = {
            one for line in re.findall(r"^Environment=(.*)", text, re.M) for one in re.findall(r"([A-Z_]+)=", line)
        }
    elif name == "compose.yaml":
        named = set(re.findall(r"^    ([A-Z_]+): ", text, re.MULTILINE))
    else:
        return
    assert named
    assert named <= known
    if name in ("tapedeck.env", "compose.yaml"):
        assert {"ENVIRONMENT", "ALLOWED_HOSTS", "ALLOWED_ORIGINS", "SITE_URL", "TRUSTED_PROXY_COUNT"} <= named


def commands() -> list[list[str]]:
    """Every call of manage.py in deploy/ and on the page, in words."""
    text = "\n".join([PAGE, *FILES.values()]).replace('", "', " ").replace('"', " ")
    return [found.split() for found in re.findall(r"(?:manage\.py|as-desk) ((?:\w+)(?: [^\s`#;&]+)*)", text)]


def test_every_command_named_exists():
    mine = get_commands()
    assert len(commands()) > 15
    assert {words[0] for words in commands()} - {"does", "as"} <= set(mine)


def test_every_option_of_up_exists():
    options = {option for words in commands() if words[0] == "up" for option in words if option.startswith("--")}
    parser = Command().create_parser("manage.py", "up")
    assert options
    assert options <= set(parser._option_string_actions)


@pytest.mark.parametrize("name", sorted(UNITS))
def test_a_unit_stops_gently_and_gives_it_time_to_drain(name):
    said = dict(re.findall(r"^(\w+)=(.*)", UNITS[name], re.MULTILINE))
    assert (said["KillMode"], said["KillSignal"], said["Restart"]) == ("mixed", "SIGTERM", "always")
    assert int(said["TimeoutStopSec"]) > 10
    assert int(said["LimitNOFILE"]) >= 65_536
    assert said["ProtectSystem"] == "strict"
    if "@" in name:  # instances of one machine may not share a folder of what runs
        assert said["RuntimeDirectory"].endswith("%i")
        assert f"RUN_DIR=/run/{said['RuntimeDirectory']}" in UNITS[name]


@pytest.mark.parametrize("name", sorted(UNITS))
def test_a_unit_keeps_what_git_knows_from_what_it_runs(name):
    assert re.findall(r"^InaccessiblePaths=-(.*)", UNITS[name], re.MULTILINE) == ["/opt/tapedeck/.git"]
    assert "WorkingDirectory=/opt/tapedeck\n" in UNITS[name]


def test_a_proxy_speaks_tls_1_2_or_newer_and_answers_plain_http_with_the_way_to_it():
    nginx, caddy = FILES["nginx.conf"], FILES["Caddyfile"]
    assert re.findall(r"ssl_protocols (.*);", nginx) == ["TLSv1.2 TLSv1.3"]
    plain, *others = re.findall(r"^server \{.*?^\}", nginx, re.MULTILINE | re.DOTALL)
    assert "listen 80;" in plain
    assert "return 308 https://" in plain
    assert "proxy_pass" not in plain
    assert [text for text in others if "listen 80" in text or " ssl" not in text] == []
    # Caddy speaks 1.2 and 1.3, gets a certificate, and sends plain HTTP on, unless it is told otherwise.
    assert not re.search(r"auto_https|\btls\b|http://|protocols", re.sub(r"#.*", "", caddy))


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_a_proxy_waits_for_what_is_quiet_and_logs_no_query(name):
    text = FILES[name]
    assert {"nginx.conf": "X-Forwarded-For   $proxy_add_x_forwarded_for", "Caddyfile": "reverse_proxy"}[name] in text
    assert "flush_interval" not in text
    assert "$request " not in text
    assert "$request_uri" not in text.split("log_format")[1].split(";")[0] if name == "nginx.conf" else "[?].*" in text
    if name == "nginx.conf":
        assert all(int(wait) > 60 for wait in re.findall(r"proxy_read_timeout (\d+)s", text))
        assert "proxy_buffering off" in section_of_nginx(text, "^/(ws|sse)/")


def section_of_nginx(text: str, place: str) -> str:
    return text[text.index(f"location ~ {place}") :].split("}")[0]


def test_the_image_has_what_runs_and_none_of_what_is_secret():
    ignored = set(FILES["Dockerfile.dockerignore"].split())
    assert {"var", "**/.env", "**/*.token", "deploy/secrets", ".git"} <= ignored
    assert "--require-hashes" in FILES["Dockerfile"]
    assert "USER tapedeck" in FILES["Dockerfile"]


@pytest.mark.process
def test_what_is_secret_beside_the_files_to_deploy_is_never_committed():
    secret = ["deploy/.env", "deploy/secrets/credential_keys", "deploy/prometheus/tapedeck.token"]
    found = subprocess.run(["git", "check-ignore", *secret], cwd=BASE_DIR, stdout=subprocess.PIPE, text=True)
    assert found.stdout.split() == secret


def test_a_desk_in_containers_is_put_up_by_commands_that_all_know_its_name():
    head = [line.strip("# ") for line in FILES["compose.yaml"].split("x-desk")[0].splitlines()]
    called = [place for place, line in enumerate(head) if "docker compose" in line]
    assert len(called) > 3
    assert any(line.startswith("echo SITE=desk.example.com > .env") for line in head[: called[0]])
    assert all(head[place].startswith("docker compose ") for place in called)


def told_by_as_desk(tmp_path, settings, code):
    """What `code` prints as the service would run it, with `settings` in tapedeck.env, and what it complains of."""
    (tmp_path / "secret_key").write_text("0123456789" * 6)
    (tmp_path / "tapedeck.env").write_text(settings)
    given = {
        **clean_environment(),
        "TAPEDECK_CODE": str(BASE_DIR), "TAPEDECK_ETC": str(tmp_path), "TAPEDECK_USER": str(os.getuid()),
        "VAR_DIR": str(tmp_path / "var"), "RUN_DIR": str(tmp_path / "run"),
    }  # fmt: skip
    asked = [str(BASE_DIR / "deploy/as-desk"), "shell", "-v0", "-c", f"from django.conf import settings as s; {code}"]
    done = subprocess.run(asked, env=given, capture_output=True, text=True)
    return done.stdout, done.stderr


@pytest.mark.process
def test_manage_py_can_be_run_as_the_service_does(tmp_path):
    settings = FILES["tapedeck.env"].replace("desk.example.com", "desk.test")
    said, wrong = told_by_as_desk(tmp_path, settings, "print(s.PRODUCTION, s.ALLOWED_HOSTS, s.VAR_DIR)")
    assert said == f"True ['desk.test'] {tmp_path}/var\n", wrong


@pytest.mark.process
def test_as_desk_takes_settings_as_they_stand(tmp_path):
    settings = """# a comment
; another
ALLOWED_HOSTS='desk.test'
  SITE_URL="https://desk.test"\t
DATABASE_URL=postgresql://desk:$HOME;`id`$(id)&*@db.test/tapedeck?sslmode=verify-full&connect_timeout=7"""
    code = (
        "d = s.DATABASES['default']; o = d['OPTIONS']; "
        "print(s.ALLOWED_HOSTS, s.SITE_URL, d['PASSWORD'], d['HOST'], o['sslmode'], o['connect_timeout'])"
    )
    said, wrong = told_by_as_desk(tmp_path, settings, code)
    assert said == "['desk.test'] https://desk.test $HOME;`id`$(id)&* db.test verify-full 7\n", wrong


@pytest.mark.process
@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("SITE_URL=https://canary\\.test", "SITE_URL has a backslash"),
        ("SITE URL=https://canary.test", "SITE URL is no name"),
    ],
)
def test_as_desk_refuses_what_systemd_would_read_otherwise(tmp_path, settings, says):
    said, wrong = told_by_as_desk(tmp_path, settings, "print(s.SITE_URL)")
    assert said == ""
    assert f"tapedeck.env: {says}" in wrong
    assert "canary" not in wrong


def test_files_of_secrets_are_written_for_their_owner_alone():
    """Backups and dumps hold sessions, and credentials although sealed."""
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    writing = [block for block in blocks if re.search(r"--file=/|\.backup|dumpdata", block)]
    assert len(writing) >= 2
    for block in writing:
        assert "umask 077" in re.split(r"--file=/|\.backup|dumpdata", block)[0]
        assert not re.search(r"\btmp\b", block)


# The arithmetic


def number(text: str) -> float:
    return float(re.sub(r"[^\d.]", "", text))


FIGURES = [[number(row[1]), number(row[2])] for row in rows(section(PAGE, "What it needs"), "figure")]
SHARE, KB_SENT = 0.7, 2.0


def cost_ms(several: int, messages: float, updates: float) -> float:
    quiet, message, update = (FIGURES[line][several] for line in (3, 4, 5))
    return quiet + (messages * message + updates * update) / 1000


def test_what_a_person_costs_follows_from_the_figures():
    for _, messages, updates, one, several in rows(PAGE, "person"):
        costs = [f"{cost_ms(way, number(messages), number(updates)):.2f} ms/s" for way in (0, 1)]
        assert [one, several] == costs


def test_what_one_process_holds_follows_from_the_figures():
    usual, busy = (math.floor(1000 * SHARE / cost_ms(0, *some)) for some in ((3, 15), (10, 170)))
    memory = FIGURES[0][0] + usual * FIGURES[1][0] / 1000
    assert f"**one process** holds {usual} usual people or {busy} busy ones" in PAGE
    assert f"A process of {usual} people has {memory:.0f} MB" in PAGE


def test_every_step_to_a_million_follows_from_the_figures():
    for row in rows(PAGE, "people | updates/s"):
        people = int(number(row[0]))
        cores = people * cost_ms(1, 3, 15) / 1000
        processes = math.ceil(round(cores / SHARE, 6))
        memory = (processes * FIGURES[0][1] + people * FIGURES[1][1] / 1000) / 1000
        assert row[1:] == [
            f"{people * 15:,}", f"{cores:,.1f}", f"{processes:,}", f"{memory:,.1f} GB", f"{people * 3:,}",
            f"{people * KB_SENT * 8 / 1000:,.{people < 1000:d}f} Mbit/s",
        ]  # fmt: skip


def test_the_connections_to_postgresql_are_those_that_the_desk_counts():
    said = next(row[1] for row in rows(PAGE, "at least") if "`max_connections`" in row[0])
    assert said == f"(processes + 1) × (`DATABASE_POOL` + {databases.OF_ITS_OWN}) + 10"
    pool, step = 8, rows(PAGE, "people | updates/s")
    asked = {row[0]: (int(number(row[3])) + 1) * (pool + databases.OF_ITS_OWN) for row in step}
    assert f"{asked['10,000']} connections at most, so `max_connections = {asked['10,000'] + 10}`" in PAGE
    assert f"{asked['100,000']:,} connections" in PAGE
