"""Static files for clients within a test's process: each is looked for when it is asked for."""

from django.contrib.staticfiles import finders
from servestatic.middleware import ServeStaticMiddleware


class Sought(ServeStaticMiddleware):  # type: ignore[misc]  # servestatic publishes no types
    """Knows where files are, and lists none of them: a test makes a client, and with it this, hundreds of times."""

    def add_files_from_finders(self) -> None:
        """Note where to look."""
        for finder in finders.get_finders():
            for storage in getattr(finder, "storages", {}).values():
                self.insert_directory(storage.location, self.static_prefix)
