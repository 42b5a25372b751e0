"""The project's settings on ground of their own: no configuration of this machine, everything in a private folder.

Each test process has its own folder, its own database and its own real Valkey or Redis. What these are is chosen in
backends.py.
"""

import atexit
import os
import pathlib
import shutil
import tempfile

from config import databases, env
from tests.support import backends

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="tapedeck-test-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)

for name in [*os.environ]:
    if name.removesuffix("_FILE") in env.VARIABLES + env.RESERVED:
        del os.environ[name]
os.environ |= {"ENV_FILE": os.devnull, "VAR_DIR": str(FOLDER), **backends.of_this_process()}

from config.settings import *  # noqa: E402, F403 (the environment had to be cleared first)

if DATABASES["default"]["ENGINE"] == databases.SQLITE:  # noqa: F405
    DATABASES["default"]["TEST"] = {"NAME": str(FOLDER / "db" / "test.sqlite3")}  # noqa: F405
else:  # a test is one transaction, in which a venue may be asked for a long time
    DATABASES["default"]["OPTIONS"]["options"] += " -c idle_in_transaction_session_timeout=0"  # noqa: F405
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MIDDLEWARE = ["tests.support.static_files.Sought" if "static" in name else name for name in MIDDLEWARE]  # noqa: F405
SERVESTATIC_AUTOREFRESH = True  # looks a file up when it is asked for, and needs no list of all
