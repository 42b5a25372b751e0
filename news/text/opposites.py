"""Words of headlines that say the contrary of each other: those that tell an opening from a closing. Pure."""

from collections.abc import Mapping, Sequence

_CONTRARIES = """
rise rises rose rising risen gain gains gained climb climbs climbed jump jumps jumped surge surges surged soar soars
soared rally rallies rallied advance advances advanced rebound rebounds rebounded increase increases increased grow
grows grew grown up higher
| fall falls fell falling fallen lose loses lost drop drops dropped slide slides slid sink sinks sank tumble tumbles
tumbled plunge plunges plunged slump slumps slumped slip slips slipped dip dips dipped decline declines declined
decrease decreases decreased shrink shrinks shrank shrunk down lower

raise raises raised raising lift lifts lifted hike hikes hiked
| cut cuts cutting lower lowers lowered reduce reduces reduced trim trims trimmed slash slashes slashed

open opens opened opening reopen reopens reopened
| close closes closed closing shut shuts shutter shutters shuttered

beat beats top tops topped exceed exceeds exceeded | miss misses missed

win wins won | lose loses lost

upgrade upgrades upgraded | downgrade downgrades downgraded

buy buys bought acquire acquires acquired | sell sells sold divest divests divested

hire hires hired hiring | fire fires fired lay lays laid layoff layoffs

approve approves approved approval accept accepts accepted
| reject rejects rejected rejection deny denies denied block blocks blocked refuse refuses refused

start starts started begin begins began launch launches launched resume resumes resumed
| stop stops stopped end ends ended halt halts halted suspend suspends suspended

join joins joined enter enters entered | leave leaves left quit quits exit exits exited

expand expands expanded widen widens widened | narrow narrows narrowed

strong stronger strength | weak weaker weakness

profit profits | loss losses

bullish overweight outperform | bearish underweight underperform

above more | below less fewer
"""
"""Words that say one thing, and those that say its contrary. A word may stand in several paragraphs."""


def _sides() -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    for axis, paragraph in enumerate(_CONTRARIES.split("\n\n")):
        for side, words in enumerate(paragraph.split("|")):
            for word in words.split():
                found.setdefault(word, {})[axis] = side
    return found


_SIDES: Mapping[str, Mapping[int, int]] = _sides()
"""For each word, by the paragraph that it stands in, its side."""


def turns_of(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words that have a contrary, in their order."""
    return tuple(word for word in words if word in _SIDES)


def are_contrary(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two headlines, given their `turns_of`, say the contrary of each other.

    What both say tells nothing. Of the rest the first word of each paragraph counts: it is what the headline is about.
    """
    here = _first_sides([word for word in one if word not in other])
    there = _first_sides([word for word in other if word not in one])
    return any(here[axis] != there[axis] for axis in here.keys() & there.keys())


def _first_sides(words: Sequence[str]) -> dict[int, int]:
    found: dict[int, int] = {}
    for word in words:
        for axis, side in _SIDES[word].items():
            found.setdefault(axis, side)
    return found
