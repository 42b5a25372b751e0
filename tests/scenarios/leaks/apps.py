"""Opens the door to the books of each process of a desk."""

from django.apps import AppConfig
from django.utils.module_loading import import_string


class Leaks(AppConfig):
    """Installed by settings.py beside this."""

    name = "tests.scenarios.leaks"

    def ready(self) -> None:
        """Begin to answer."""
        import_string("tests.scenarios.leaks.door.open_door")()  # its imports want the models of the apps before it
