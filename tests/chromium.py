"""Where a Chromium of this machine is."""

import os
import shutil

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> str | None:
    """Return the path of a Chromium or Chrome: the one that CHROMIUM names, else one that is installed."""
    names = [os.environ.get("CHROMIUM", ""), *BROWSERS]
    return next((path for path in map(shutil.which, filter(None, names)) if path), None)
