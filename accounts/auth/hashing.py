"""Passwords are hashed a few at a time, whatever door they come by, at a cost that a small machine can afford."""

from django.contrib.auth.hashers import Argon2PasswordHasher

from lib.overload import ThreadBound

AT_ONCE, WAITING, WAIT_S = 2, 20, 5.0
"""How many passwords are hashed at once in this process, how many wait, and for how long."""
_bound = ThreadBound("passwords", AT_ONCE, WAITING, WAIT_S)


class BoundedArgon2PasswordHasher(Argon2PasswordHasher):
    """Argon2id at what OWASP asks for at least: 46 MiB, one pass, one lane; some 30 ms of one core.

    Less memory and two passes would be as good, but glibc keeps pieces under 32 MiB, in each thread one. Django's own
    takes 100 MiB and eight threads. What was hashed with those is hashed anew at the next sign-in. Raises
    OverloadedError where too many are hashed already.
    """

    time_cost = 1
    memory_cost = 46 * 1024
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Hash a password."""
        with _bound.place():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        """Tell whether a password has this hash."""
        with _bound.place():
            return super().verify(password, encoded)

    def harden_runtime(self, password: str, encoded: str) -> None:
        """Do nothing: a hash of former costs takes longer, which tells how old it is and nothing else."""
