"""How often somebody may ask: so many requests in each minute, which begins with the first. Pure; times are in ms."""

import msgspec

MINUTE_MS = 60_000


class SimBucket(msgspec.Struct):
    """One allowance. Its minute begins with the first request after the last one's end."""

    allowed: int
    used: int = 0
    expires: int = 0

    def try_acquire(self, at: int) -> bool:
        """Count a request at `at`. Returns whether it may pass."""
        if at >= self.expires:
            self.used, self.expires = 0, at + MINUTE_MS
        if self.used >= self.allowed:
            return False
        self.used += 1
        return True

    @property
    def left(self) -> int:
        """How many more may pass in this minute."""
        return max(0, self.allowed - self.used)
