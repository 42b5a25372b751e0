"""What a desk is started with for programs to be looked at there. It imports nothing of the desk."""

VARIABLES = {"DJANGO_SETTINGS_MODULE": "tests.scenarios.programs.settings"}
"""With doors to what programs have open in its processes (door.py)."""
PROXIED = {"TRUSTED_PROXY_COUNT": "1"}
"""With a header that says from which address a request comes."""
