"""Why a text is no rule."""


class RuleError(ValueError):
    """A rule cannot be read. `place` is where in its JSON (`when.all[1].value`), "" for the whole."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.place = place
        self.message = message
