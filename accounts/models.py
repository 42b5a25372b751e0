"""People, the invitations that let them in, their links to venues, and the tokens of their scripts."""

import typing
import uuid

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts.account_names import account_name, mask
from accounts.credentials import encryption, keys
from brokers.catalogue import ENVIRONMENTS, VENUES, Venue
from brokers.contract.broker import Credentials


class UserManager(BaseUserManager["User"]):
    """Makes people, who are known by their e-mail address."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: typing.Any) -> "User":
        """Make a person; without a password they cannot sign in. Raises ValueError without an address."""
        if not email:
            raise ValueError("A person needs an e-mail address.")
        user = self.model(email=email, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: typing.Any) -> "User":
        """Make an owner of the desk."""
        return self.create_user(email, password, **{"is_staff": True, "is_superuser": True, **fields})

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the person with this address, however it is capitalised."""
        return self.get(email__iexact=username)


class User(AbstractUser):
    """A person. The owners of the desk are its superusers."""

    username = None  # type: ignore[assignment]  # people sign in by e-mail
    email = models.EmailField("e-mail address", unique=True, error_messages={"unique": "This address is in use."})

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: typing.ClassVar[list[str]] = []

    objects: typing.ClassVar[UserManager] = UserManager()  # type: ignore[assignment]  # AbstractUser's knows usernames

    class Meta:
        verbose_name = "person"
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return self.email

    def save(self, *args: typing.Any, **kwargs: typing.Any) -> None:
        """Keep addresses in lower case, so that one address is one person."""
        self.email = self.email.lower()
        super().save(*args, **kwargs)

    @property
    def is_owner(self) -> bool:
        """Whether this person owns the desk: may invite, and see every stream's health."""
        return self.is_superuser


class Invitation(models.Model):
    """Lets one person in, once. Its token is kept nowhere, only the token's digest."""

    digest = models.CharField(max_length=64, unique=True, editable=False)
    email = models.EmailField("e-mail address", blank=True)
    makes_owner = models.BooleanField(default=False, help_text="Whoever takes it owns the desk.")
    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, null=True, related_name="invitations")
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField()
    used_at = models.DateTimeField(null=True, editable=False)
    used_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, editable=False, related_name="+")

    class Meta:
        ordering: typing.ClassVar = ["-created", "-id"]

    def __str__(self) -> str:
        return self.email or "whoever has the link"

    @property
    def is_open(self) -> bool:
        """Whether it can still be taken."""
        return self.used_at is None and self.expires > timezone.now()


STATE_TEXTS = {
    "idle": "idle",
    "connecting": "connecting",
    "live": "live",
    "waiting": "reconnecting",
    "stale": "stale",
    "refused": "re-link needed",
}


class Account(typing.TypedDict):
    """One account as a link keeps it: what the venue said when it was last asked."""

    number: str
    nickname: str | None
    kind: str | None
    authority: str | None


LABEL_LENGTH = 60


class Sealed(models.Model):
    """A row of one `person` that keeps secrets. Every such table is re-wrapped when the keys change.

    `sealed` holds each secret by name, sealed for this row, that name and this person; the row's id is made before it
    is first saved.
    """

    person_id: int
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    sealed = models.JSONField(default=dict, editable=False)

    class Meta:
        abstract = True

    def seal(self, credentials: Credentials) -> None:
        """Replace the stored secrets. Whoever saves the row does both while `keys.held()`."""
        key = keys.public_key()
        self.sealed = {name: encryption.seal(secret, self.place(name), key) for name, secret in credentials.items()}

    def unseal(self) -> Credentials:
        """Open the stored secrets. Raises SealError."""
        private = keys.private_keys()
        return Credentials(
            {name: encryption.open_sealed(value, self.place(name), private) for name, value in self.sealed.items()}
        )

    def place(self, field: str) -> encryption.SealedPlace:
        """Return where the secret `field` belongs; it opens nowhere else."""
        return encryption.SealedPlace(self._meta.db_table, str(self.id), field, str(self.person_id))


class BrokerLink(Sealed):
    """A person's access to one venue. `revision` grows with every change of its credentials.

    `identities` holds what the venue says of its open accounts, with their whole numbers, which pages show masked.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="links")
    venue = models.CharField(max_length=20)
    environment = models.CharField(max_length=12, choices=[(name, name) for name in ENVIRONMENTS])
    label = models.CharField(max_length=LABEL_LENGTH)
    identities = models.JSONField(default=list)
    default_account = models.CharField(max_length=40, blank=True)
    fingerprint = models.CharField(max_length=8, editable=False)
    scopes = models.JSONField(default=list)
    delayed = models.BooleanField(null=True)
    state = models.CharField(max_length=12, default="idle", choices=list(STATE_TEXTS.items()))
    state_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)
    revision = models.PositiveIntegerField(default=1)
    last_refresh = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    rank = models.PositiveSmallIntegerField(null=True, editable=False)
    """Its place among the person's links, from 1; None where the person never put them in order."""
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = "link"
        ordering: typing.ClassVar = ["created", "id"]
        constraints: typing.ClassVar = [
            models.UniqueConstraint(
                "person",
                Lower("label"),
                name="one_label_per_person",
                violation_error_message="A link of this name already exists.",
            ),
            models.UniqueConstraint(
                fields=["person", "venue", "environment", "fingerprint"],
                condition=~models.Q(fingerprint=""),
                name="one_link_per_grant",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.venue_title}, {self.environment})"

    @property
    def catalogued(self) -> Venue | None:
        """The venue's entry in the catalogue; None when this version of the desk has none."""
        return VENUES.get(self.venue)

    @property
    def venue_title(self) -> str:
        """The venue's name for people."""
        return self.catalogued.title if self.catalogued else self.venue

    @property
    def feeds(self) -> bool:
        """Whether its venue is one for market data; without an entry in the catalogue it is none."""
        return self.catalogued is not None and not self.catalogued.execution_only

    @property
    def is_simulated(self) -> bool:
        """Whether its venue is a simulated one; pages say so."""
        return self.environment == "simulated"

    @property
    def state_text(self) -> str:
        """The state in the words a page begins with: never "live", which only the stream itself can say."""
        return STATE_TEXTS["connecting" if self.state == "live" else self.state]

    @property
    def accounts(self) -> list[str]:
        """The numbers of its open accounts, whole."""
        return [account["number"] for account in self.identities]

    @property
    def masked_accounts(self) -> list[str]:
        """The numbers of its accounts as pages show them."""
        return [mask(number) for number in self.accounts]

    @property
    def account_names(self) -> list[str]:
        """Its accounts as pages name them where its label is said already."""
        return [account_name(number, self.venue_title) for number in self.accounts]

    @property
    def default_account_masked(self) -> str:
        """The number of its default account as pages show it."""
        return mask(self.default_account)

    @property
    def access_text(self) -> str:
        """What its grant allows, in words; nothing where the venue does not tell."""
        if not self.scopes:
            return ""
        return "may trade" if "trade" in self.scopes else "read-only"

    def seal(self, credentials: Credentials) -> None:
        """Replace the stored credentials, and name them anew."""
        super().seal(credentials)
        self.fingerprint = fingerprint(self.person_id, credentials)


class PendingLink(Sealed):
    """Somebody on their way to a venue's authorize page: they come back once, soon and in the same browser, or never.

    `browser` is a digest of the session they left in, `link` what is linked again (None: a new link). The secret of
    the client is sealed like every other.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    browser = models.CharField(max_length=64)
    venue = models.CharField(max_length=20)
    environment = models.CharField(max_length=12)
    label = models.CharField(max_length=LABEL_LENGTH)
    link = models.ForeignKey(BrokerLink, on_delete=models.CASCADE, null=True, related_name="+")
    client_id = models.CharField(max_length=200)
    redirect_uri = models.CharField(max_length=500)
    scopes = models.JSONField(default=list)
    expires = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.label} ({self.venue}, {self.environment})"

    @property
    def is_simulated(self) -> bool:
        """Whether the venue is a simulated one; pages say so."""
        return self.environment == "simulated"

    @property
    def is_open(self) -> bool:
        """Whether there is still time to come back."""
        return self.expires > timezone.now()


READ, TRADE = "read", "trade"
"""What an API token may do: look at everything of its person; change what is theirs and place orders too."""


class ApiToken(models.Model):
    """Lets a script in as its person. Its secret is kept nowhere, only the secret's digest (see accounts.auth.tokens).

    One that was revoked stays, to tell why a script stopped.
    """

    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=LABEL_LENGTH)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(default=list, editable=False)
    made = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(null=True, editable=False)
    last_used = models.DateTimeField(null=True, editable=False)
    revoked = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "API token"
        ordering: typing.ClassVar = ["-made", "-id"]
        constraints: typing.ClassVar = [
            models.UniqueConstraint(
                "person",
                Lower("name"),
                condition=models.Q(revoked=None),
                name="one_token_of_a_name",
                violation_error_message="A token of this name already exists.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def state(self) -> str:
        """Whether it lets anybody in: `active`, `expired` or `revoked`."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= timezone.now() else "active"

    @property
    def access_text(self) -> str:
        """What it allows, in words."""
        return "may trade" if TRADE in self.scopes else "read-only"


def tidy(label: str) -> str:
    """Return `label` as a page shows it, with single blanks, so that it can be typed from there."""
    return " ".join(label.split())


def fingerprint(person_id: int, credentials: Credentials) -> str:
    """Name credentials so that one person's are told apart. Without SECRET_KEY it says nothing of them."""
    secrets = "\0".join(f"{name}\0{secret}" for name, secret in sorted(credentials.items()))
    return salted_hmac(f"accounts.fingerprint.{person_id}", secrets, algorithm="sha256").hexdigest()[:8]
