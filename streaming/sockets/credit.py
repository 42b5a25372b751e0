"""How much a client may be sent before it says that it arrived. Pure; time comes in as an argument, in seconds."""


class Credit:
    """The frames under way to one client: at most `frames` of them and `size` characters, else it is spent.

    Acknowledgements are cumulative, in the order of sending.
    """

    __slots__ = ("_sizes", "_under_way", "frames", "size")

    def __init__(self, frames: int, size: int) -> None:
        self.frames = frames
        self.size = size
        self._under_way: list[tuple[int, int, float]] = []
        self._sizes = 0

    def __repr__(self) -> str:
        return f"<Credit {len(self._under_way)} of {self.frames} frames, {self._sizes} of {self.size} characters>"

    @property
    def under_way(self) -> int:
        """How many frames are not acknowledged yet."""
        return len(self._under_way)

    @property
    def spent(self) -> bool:
        """Whether the client has as much under way as it may."""
        return len(self._under_way) >= self.frames or self._sizes >= self.size

    def sent(self, seq: int, size: int, now: float) -> None:
        """Note a frame that ends at `seq` and has `size` characters."""
        self._under_way.append((seq, size, now))
        self._sizes += size

    def acknowledged(self, seq: int) -> bool:
        """Take it that every frame up to `seq` has arrived. Returns whether that was news."""
        under_way = self._under_way
        if not under_way or under_way[0][0] > seq:
            return False
        arrived = next((count for count, frame in enumerate(under_way) if frame[0] > seq), len(under_way))
        self._sizes -= sum(size for _, size, _ in under_way[:arrived])
        del under_way[:arrived]
        return True

    def begin_epoch(self) -> None:
        """Numbers begin anew: whatever the client acknowledges next, it has had what was sent before."""
        self._under_way = [(0, size, at) for _, size, at in self._under_way]

    def silent_s(self, now: float) -> float:
        """Return for how long the oldest frame has been unacknowledged; 0 with none under way."""
        return now - self._under_way[0][2] if self._under_way else 0.0
