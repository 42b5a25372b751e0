"""How static files are stored for production: without comments, hashed, compressed, with module imports rewritten."""

import collections.abc
import re
import typing

from django.core.files.base import ContentFile
from servestatic.storage import CompressedManifestStaticFilesStorage

OWN = ("js/", "css/")
"""Where our own scripts and style sheets are. What others wrote is served as they packed it."""
_COMMENT = re.compile(r"^[ \t]*(?://.*|/\*(?:[^*]|\*(?!/))*\*/[ \t]*)(?:\n|\Z)", re.MULTILINE)
_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def packed(text: str) -> str:
    """Return a script or style sheet without comments that have lines of their own, and without indentation.

    No line of a text in back quotes may begin with `//` or `/*`, and none may need its indentation.
    """
    return _INDENT.sub("", _COMMENT.sub("", text))


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # servestatic publishes no types
    """Gives every file a name that changes with its content, also where one module imports another."""

    support_js_module_import_aggregation = True
    max_post_process_passes = 20
    """Each pass may settle only one more link of the longest chain of imports, and that has ten."""

    def post_process(
        self, paths: dict[str, tuple[typing.Any, str]], dry_run: bool = False, **options: typing.Any
    ) -> collections.abc.Iterator[tuple[str, str, bool]]:
        """Pack what was collected, then do with it what Django and servestatic do."""
        if not dry_run:
            for path in filter(_is_own, paths):
                self._pack(path)
            paths = {path: (self, path) if _is_own(path) else found for path, found in paths.items()}
        yield from super().post_process(paths, dry_run, **options)

    def _pack(self, path: str) -> None:
        with self.open(path) as file:
            text = file.read().decode()
        self.delete(path)
        self._save(path, ContentFile(packed(text).encode()))


def _is_own(path: str) -> bool:
    return path.startswith(OWN) and path.endswith((".js", ".css"))
