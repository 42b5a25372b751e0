"""Reads deploy/compose.yaml: so much of YAML as is in it. What it does not know is an AssertionError."""

import re
import typing

Node = typing.Any


class Reader:
    """The lines of one file, read from top to bottom."""

    def __init__(self, text: str) -> None:
        self._anchors: dict[str, Node] = {}
        self._lines = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
        self._at = 0

    def read(self) -> Node:
        """Return all of it."""
        found = self._block(0)
        assert self._at == len(self._lines), self._lines[self._at]
        return found

    def _indent(self) -> int:
        """How far the next line is indented; -1 after the last."""
        return len(line) - len(line.lstrip()) if (line := self._next()) else -1

    def _next(self) -> str:
        return self._lines[self._at] if self._at < len(self._lines) else ""

    def _block(self, indent: int) -> Node:
        """Return the mapping or list that is indented so."""
        if self._next().lstrip().startswith("- "):
            return self._list(indent)
        found: dict[str, Node] = {}
        merged: list[dict[str, Node]] = []
        while self._indent() == indent:
            line = self._lines[self._at].strip()
            match = re.fullmatch(r"([\w<-]+):(?: &(\w+))?(?: (.+))?", line)
            assert match, line
            self._at += 1
            name, anchor, value = match.groups()
            node = self._value(value or "", indent)
            if anchor:
                self._anchors[anchor] = node
            if name == "<<":
                merged.append(node)
            else:
                found[name] = node
        for other in merged:
            found = other | found
        return found

    def _list(self, indent: int) -> list[Node]:
        found = []
        while self._indent() == indent:
            line = self._lines[self._at].strip()
            assert line.startswith("- "), line
            self._at += 1
            found.append(self._value(line.removeprefix("- "), indent))
        return found

    def _value(self, text: str, indent: int) -> Node:
        """Return what stands behind a name or a dash, or below it."""
        if text == "|":
            lines = []
            while self._indent() > indent:
                lines.append(self._lines[self._at])
                self._at += 1
            return "".join(f"{line[indent + 2 :]}\n" for line in lines)
        if text:
            return self._flow(text)
        return self._block(self._indent()) if self._indent() > indent else None

    def _flow(self, text: str) -> Node:
        """Return what stands on one line."""
        if text[0] == "*":
            return self._anchors[text[1:]]
        if text[0] == "[":
            return [self._flow(part) for part in _parts(text[1:-1])]
        if text[0] == "{" and text[-1] == "}":
            return {name: self._flow(value) for name, value in (part.split(": ") for part in _parts(text[1:-1]))}
        if text[0] == '"':
            assert "\\" not in text, text
            return text[1:-1]
        assert not re.search(r"[\"'\\&|>#]|: ", text), text
        return {"true": True, "false": False}.get(text, int(text) if text.isdigit() else text)


def _parts(text: str) -> list[str]:
    """Return what stands between commas that are in no quotes."""
    found = re.findall(r'\s*("[^"]*"|[^,]+)\s*(?:,|$)', text)
    assert ",".join(found).replace(" ", "") == text.replace(" ", ""), text
    return [part.strip() for part in found]
