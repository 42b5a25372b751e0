"""A desk that is recorded: one person at each venue, whose requests at the venues are written down."""

import contextlib
import json
import pathlib
import typing

import httpx

from tests.support.desk import Desk, Program
from tests.support.people import ALICE, OLGA

TRAFFIC = "venue-traffic.jsonl"
VENUES = {"tastytrade": ALICE, "tradier": "tradier@example.com", "alpaca": "alpaca@example.com"}
"""Who is linked where, and nowhere else."""


class RecordedDesk(Desk):
    """A desk whose venues record what they are sent."""

    def _venue_program(self, port: int) -> Program:
        program = super()._venue_program(port)
        recorder = ["-m", "tests.inventory.venue_recorder", str(self.traffic_file)]
        return Program([*recorder, *program.arguments[1:]], self.environment, program.path)

    @property
    def traffic_file(self) -> pathlib.Path:
        """The file in which the venues record it."""
        return self.folder / TRAFFIC

    def venue_details(self) -> dict[str, typing.Any]:
        """Return what the venues say of themselves: their addresses, and the credentials of their people."""
        found: dict[str, typing.Any] = json.loads((self.run_dir / "loopback.json").read_text(encoding="utf-8"))
        return found


class Stage(typing.NamedTuple):
    """The desk, and who is signed in to it."""

    desk: RecordedDesk
    people: dict[str, httpx.Client]
    """By venue."""
    staff: httpx.Client

    def headers(self, venue: str) -> dict[str, str]:
        """Return what a page of the person at a venue sends along."""
        cookies = self.people[venue].cookies
        return {
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
            "X-CSRFToken": cookies["csrftoken"],
            "Origin": self.desk.url,
        }

    def accounts(self) -> set[str]:
        """Return the numbers of all accounts at the venues."""
        return {
            number
            for details in self.desk.venue_details().values()
            for grant in details["grants"]
            for number in grant.get("accounts", ())
        }


@contextlib.contextmanager
def stage(folder: pathlib.Path, template: pathlib.Path) -> typing.Iterator[Stage]:
    """Start a desk and link a person to each venue, by its pages."""
    desk = RecordedDesk(folder, template)
    with desk, contextlib.ExitStack() as signed_in:
        people = {}
        for venue, email in VENUES.items():
            enter = desk.sign_in if email == ALICE else desk.sign_up
            people[venue] = signed_in.enter_context(enter(email))
            if email != ALICE:
                _link(people[venue], venue, desk.venue_details()[venue]["grants"][0])
        yield Stage(desk, people, signed_in.enter_context(desk.sign_in(OLGA)))


def _link(client: httpx.Client, venue: str, grant: dict[str, typing.Any]) -> None:
    fields = {name: value for name, value in grant.items() if isinstance(value, str) and name != "environment"}
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"]}
    form = fields | token | {"environment": "simulated", "label": venue}
    answer = client.post(f"/accounts/links/{venue}", data=form)
    assert answer.status_code == httpx.codes.FOUND, f"{venue} is not linked: {answer.status_code}\n{answer.text[:2000]}"
