"""Where values stand in a picture. Lengths are in the units of its view box. Pure."""

import typing
from collections.abc import Iterable, Sequence


class PictureFrame(typing.NamedTuple):
    """The part of a picture that values stand in. Values grow to the right and upwards."""

    left: float
    right: float
    top: float
    bottom: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]

    def x(self, value: float) -> float:
        """Return where a value stands from the left; one outside the range stands at its end."""
        return min(max(self.left + (self.right - self.left) * _share(value, self.x_range), self.left), self.right)

    def y(self, value: float) -> float:
        """Return where a value stands from the top; one outside the range stands at its end."""
        return min(max(self.y_beyond(value), self.top), self.bottom)

    def y_beyond(self, value: float) -> float:
        """Return where a value stands from the top, outside the frame too: the picture cuts it off there."""
        return self.bottom - (self.bottom - self.top) * _share(value, self.y_range)


def _share(value: float, ends: tuple[float, float]) -> float:
    low, high = ends
    return (value - low) / (high - low) if high > low else 0.5


class Tick(typing.NamedTuple):
    """A mark of an axis: where it stands and what it says."""

    at: str
    text: str


def place(value: float) -> str:
    """Return a length as it is written in a picture."""
    return f"{value:.1f}"


def join_points(points: Iterable[tuple[float, float]]) -> str:
    """Return points as a polyline's."""
    return " ".join(f"{place(x)},{place(y)}" for x, y in points)


def choose_ticks(count: int, most: int) -> list[int]:
    """Return at most so many of `count` places, evenly apart, the first one first."""
    step = -(-count // most) if count else 1
    return list(range(0, count, step))


def choose_powers(low: float, high: float, most: int = 6) -> list[int]:
    """Return whole powers of ten between two, 0 among them, at most about so many."""
    first, last = int(-(-low // 1)), int(high // 1)
    step = max(1, -(-(last - first) // most))
    return [power for power in range(first, last + 1) if power % step == 0]


def widen(values: Sequence[float], least: float) -> tuple[float, float]:
    """Return the range of values, at least so wide and with a little room."""
    low, high = min(values), max(values)
    room = max((least - (high - low)) / 2, (high - low) * 0.04)
    return low - room, high + room
