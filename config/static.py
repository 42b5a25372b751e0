"""How static files are stored for production: hashed, compressed, and with ES module imports rewritten."""

from servestatic.storage import CompressedManifestStaticFilesStorage


class Storage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # servestatic publishes no types
    """Gives every file a name that changes with its content, also where one module imports another."""

    support_js_module_import_aggregation = True
    max_post_process_passes = 20
    """Each pass may settle only one more link of the longest chain of imports, and that has ten."""
