"""The data of server-sent events, wherever the chunks of an answer end. Pure."""

import codecs


class SseData:
    """Takes bytes apart into the data of events. Comments and other fields are dropped; the reader bounds the size."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")(errors="replace")
        self._rest = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[str]:
        """Take a chunk. Returns the data of each event that is whole now."""
        *lines, self._rest = (self._rest + self._decoder.decode(chunk)).split("\n")
        found = []
        for line in (line.removesuffix("\r") for line in lines):
            if line.startswith("data:"):
                self._data.append(line[5:].removeprefix(" "))
            elif not line and self._data:
                found.append("\n".join(self._data))
                self._data = []
        return found

    def end(self) -> list[str]:
        """Return the data of an event that no blank line ended: some servers leave the last one out."""
        return self.feed(b"\n\n")
