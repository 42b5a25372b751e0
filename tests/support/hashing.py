"""Argon2 at the least cost it knows, for desks of tests: as a desk takes it, one sign-in is 0.2 s of CPU."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    """Django's hasher with parameters that keep nothing secret; a real desk's are Django's own."""

    time_cost = 1
    memory_cost = 64  # KiB
    parallelism = 1
