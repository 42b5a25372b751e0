"""Word lists that come with the package: `data/words.txt`, a list's name and a colon before its words. Pure."""

import importlib.resources


def read_lines(name: str) -> list[str]:
    """Return the lines of a file of the package's data."""
    return (importlib.resources.files("news.text") / "data" / name).read_text("utf-8").splitlines()


def read_words(name: str) -> list[str]:
    """Return the words of one list. Raises KeyError for a list that is not there."""
    found = [word for line in read_lines("words.txt") if line.startswith(f"{name}:") for word in line.split()[1:]]
    if not found:
        raise KeyError(name)
    return found
