"""How static files are stored and served: what was made of our scripts and styles, all hashed and compressed."""

import asyncio
import collections.abc
import pathlib
import re
import typing

import zopfli.gzip
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from servestatic.compress import Compressor
from servestatic.middleware import ServeStaticMiddleware
from servestatic.storage import CompressedManifestStaticFilesStorage

BUILT = "built/"
"""Where `make script` puts what it makes of js/ and css/. Pages name those; this takes their place."""
SCRIPTS = "js/"
CLASSIC = "js/theme.js"
"""The one script that is no module: it is served as it is."""
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")
DENSEST = (SCRIPTS, "vendor/")
HEADERS = {"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "X-Content-Type-Options": "nosniff"}
"""What a file says that is opened by itself; whoever loads it into a page obeys the page."""


class Densest(Compressor):  # type: ignore[misc]  # servestatic publishes no types
    """Has a slower gzip for scripts of ours, once, which saves a thirtieth on every way to a browser."""

    def compress(self, path: str) -> list[str]:
        """Write compressed copies of the file at `path`; returns their paths."""
        made: list[str] = super().compress(path)
        file = pathlib.Path(path)
        if f"{path}.gz" in made and f"{file.relative_to(settings.STATIC_ROOT)}".startswith(DENSEST):
            self.write_data(path, zopfli.gzip.compress(file.read_bytes()), ".gz", file.stat())
        return made


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # servestatic publishes no types
    """Gives every file a name that changes with its content, also where one imports another."""

    support_js_module_import_aggregation = True

    def post_process(
        self, paths: dict[str, tuple[typing.Any, str]], dry_run: bool = False, **options: typing.Any
    ) -> collections.abc.Iterator[tuple[str, str, bool]]:
        """Put what was built where pages look for it, then do what Django and servestatic do."""
        if not dry_run:
            for path in [path for path in paths if path.startswith(SCRIPTS) and path != CLASSIC]:
                self.delete(path)
                del paths[path]
            for path in [path for path in paths if path.startswith(BUILT)]:
                target = path.removeprefix(BUILT)
                self.delete(target)
                with self.open(path) as file:
                    self._save(target, file)
                self.delete(path)
                del paths[path]
                paths[target] = (self, target)
        yield from super().post_process(paths, dry_run, **options)

    def compress_files(self, paths: collections.abc.Iterable[str]) -> collections.abc.Iterator[tuple[str, str]]:
        """Compress only what pages name."""
        named = set(self.hashed_files.values())
        yield from super().compress_files([path for path in paths if path in named])

    def create_compressor(self, **options: typing.Any) -> Compressor:
        """Compress harder than usual."""
        return Densest(**options)


class OfEveryRelease(ServeStaticMiddleware):  # type: ignore[misc]  # servestatic publishes no types
    """Serves also what another release left in the folder of static files, or put there since this process began.

    While processes are replaced one by one, a page comes from one release and its scripts are asked of another.
    """

    async def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer with a file, or let the desk answer."""
        path = request.path_info
        if path.startswith(self.static_prefix) and path not in self.files and HASHED.search(path):
            found = await asyncio.to_thread(self.find_file, path)
            if found is not None:
                self.files[path] = found
        response: HttpResponseBase = await super().__call__(request)
        if path.startswith(self.static_prefix):
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
        return response
