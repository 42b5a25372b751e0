"""Opens the door to what programs have open in each process of a desk."""

from django.apps import AppConfig
from django.utils.module_loading import import_string


class Programs(AppConfig):
    """Installed by settings.py beside this."""

    name = "tests.scenarios.programs"

    def ready(self) -> None:
        """Begin to answer."""
        import_string("tests.scenarios.programs.door.open_door")()  # its imports want the models of the apps before it
