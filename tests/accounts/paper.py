"""A venue that says whatever a test wants: for answers the simulated one does not give."""

import asyncio
import typing

from brokers.catalogue import CredentialField, Venue
from brokers.contract.broker import AccountIdentity, Capabilities, Credentials, Endpoints, Identity
from brokers.contract.errors import CredentialsRejected, LinkLost, NotSupported

OPEN = AccountIdentity("PAPER0001", nickname="Savings", kind="Individual", authority="owner")
CLOSED = AccountIdentity("PAPER0002", closed=True)

VENUE = Venue(
    name="paper",
    title="Paper",
    adapter="tests.accounts.paper.Paper",
    addresses={"live": Endpoints("https://paper.invalid")},
    fields=(CredentialField("word", "Word", "Decides what the venue says."),),
)


class Paper:
    """Answers `verify` by the word it is given."""

    venue = "paper"
    capabilities: typing.ClassVar[Capabilities] = Capabilities()
    open_now: typing.ClassVar[int] = 0
    """How many of these were made and not closed."""

    def __init__(self, *, link: str, credentials: Credentials, endpoints: Endpoints, environment: str) -> None:
        self.word = credentials["word"]
        Paper.open_now += 1

    async def verify(self) -> Identity:
        """Say what the word asks for."""
        match self.word:
            case "refused":
                raise CredentialsRejected("the word is wrong.")
            case "lost":
                raise LinkLost("the line is dead")
            case "unable":
                raise NotSupported("verify")
            case "mute":
                await asyncio.Event().wait()
        accounts = {"closed": (CLOSED,), "none": (), "mixed": (CLOSED, OPEN)}.get(self.word, (OPEN,))
        return Identity(accounts, scopes=("read", "trade"), delayed=True)

    async def close(self) -> None:
        """Count this one as closed."""
        Paper.open_now -= 1
