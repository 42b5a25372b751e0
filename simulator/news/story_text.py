"""The words of simulated stories. Pure: a draw decides. No company said any of this."""

import random

from simulator.market.universe import Listing
from simulator.news.story import Kind, Wording

_SUFFIXES = (
    " and Company",
    " Inc.",
    " Corporation",
    " Incorporated",
    " Company",
    " Corp.",
    " & Co.",
    ",",
    " Group",
    " Platforms",
)
_FIRMS = ("Hartwell Securities", "Northgate Research", "Calder & Finch", "Bexley Partners", "Orrin Capital")
_OTHERS = ("Halden Systems", "Brightwater Labs", "Tessera Freight", "Quillon Health", "Marlow Analytics")
_QUARTERS = ("first", "second", "third", "fourth")
_BANKERS = ("Governor Alder", "Governor Reyes", "Chair Whitcombe")

TEMPLATES: dict[tuple[Kind, int], tuple[tuple[str, str, str], ...]] = {
    ("earnings", 1): (
        ("{name} {quarter}-quarter profit tops estimates, revenue up {pct}%",
         "{name} Shares Are Rising After Results: What You Need To Know",
         "{name} earned ${eps} a share, against ${low} expected. Revenue rose {pct}% to ${billions} billion."),
        ("{name} beats {quarter}-quarter expectations on stronger demand",
         "{name} Stock Jumps Following {quarter}-Quarter Beat",
         "Adjusted profit was ${eps} a share; analysts had looked for ${low}."),
        ("{name} loss narrows sharply as costs fall {pct}%",
         "{name} Shares Trade Higher As Losses Narrow",
         "The company lost less than feared in its {quarter} quarter."),
    ),
    ("earnings", -1): (
        ("{name} {quarter}-quarter profit misses estimates as revenue falls {pct}%",
         "{name} Shares Are Falling After Results: What You Need To Know",
         "{name} earned ${low} a share, against ${eps} expected. Revenue fell {pct}% to ${billions} billion."),
        ("{name} {quarter}-quarter revenue falls short of expectations",
         "{name} Stock Slides Following {quarter}-Quarter Miss",
         "Adjusted profit was ${low} a share; analysts had looked for ${eps}."),
    ),
    ("guidance", 1): (
        ("{name} raises full-year outlook, sees revenue growth of {pct}%",
         "Why {name} Shares Are Trading Higher", "It had expected less three months ago."),
    ),
    ("guidance", -1): (
        ("{name} cuts full-year forecast, citing weak orders",
         "Why {name} Shares Are Trading Lower", "Revenue is now expected to grow {pct}% less than planned."),
        ("{name} withdraws its forecast for the year", "{name} Shares Drop As Forecast Is Withdrawn", ""),
    ),
    ("analyst", 1): (
        ("{firm} upgrades {name} to Buy, raises price target to ${target}",
         "{name} Gains On Upgrade From {firm}", ""),
        ("{firm} initiates {name} at Outperform with ${target} target", "{name} Rises On New Coverage", ""),
    ),
    ("analyst", -1): (
        ("{firm} downgrades {name} to Underperform, lowers price target to ${target}",
         "{name} Slips On Downgrade From {firm}", ""),
    ),
    ("merger", 1): (
        ("{name} receives takeover proposal at {pct}% premium",
         "{name} Shares Surge On Takeover Proposal", "The board is reviewing the unsolicited proposal."),
    ),
    ("merger", -1): (
        ("{name} to buy {other} for ${billions} billion in stock",
         "{name} Shares Dip On Deal For {other}", "The price is {pct}% above the last close of {other}."),
    ),
    ("legal", 1): (
        ("{name} wins dismissal of patent lawsuit", "{name} Shares Climb After Court Ruling", ""),
    ),
    ("legal", -1): (
        ("{name} faces antitrust probe over its contracts", "{name} Shares Fall On Report Of Probe",
         "Regulators have asked for documents."),
        ("{name} recalls products after reports of faults", "{name} Down After Recall",
         "The recall covers {pct}% of units."),
    ),
    ("payout", 1): (
        ("{name} board approves ${billions} billion buyback, raises dividend {pct}%",
         "{name} Shares Edge Up On Buyback", ""),
    ),
    ("payout", -1): (
        ("{name} suspends dividend to preserve cash", "{name} Shares Sink As Dividend Is Suspended", ""),
    ),
    ("macro", 1): (
        ("US inflation cools more than expected in latest reading", "Stocks Rally After Inflation Data",
         "Consumer prices rose 0.{digit}% from a month earlier."),
        ("Fed's {banker} says policy is well positioned, sees room to ease", "Stocks Rise On Fed Remarks", ""),
        ("Jobless claims fall less than expected, easing fears of overheating", "Stocks Up After Claims Data", ""),
    ),
    ("macro", -1): (
        ("US inflation runs hotter than expected in latest reading", "Stocks Sell Off After Inflation Data",
         "Consumer prices rose 0.{digit}% from a month earlier."),
        ("Fed's {banker} says rates may need to stay higher for longer", "Stocks Slip On Fed Remarks", ""),
    ),
    ("halt", 0): (
        ("{full} trading halted: {reason}", "{full} Resumes Trading", ""),
    ),
    ("other", 0): (
        ("{name} to present at industry conference next month", "{name} To Present At Industry Conference", ""),
        ("{name} names new head of operations", "{name} Names Operations Chief",
         "The appointment is effective at once."),
        ("{name} unveils updated product line", "{name} Unveils Products: Details", ""),
    ),
}  # fmt: skip
"""Headline, the headline of a later revision, and summary, by kind and direction."""
HALT_REASONS = {"LUDP": "volatility pause", "T1": "news pending", "T12": "additional information requested"}


def full_name(listing: Listing) -> str:
    """Return the name of a company or fund without the kind of its share."""
    return listing.name.partition(" - ")[0]


def short_name(listing: Listing) -> str:
    """Return what headlines call it."""
    name = full_name(listing).removeprefix("The ")
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def write(
    kind: Kind, direction: int, listing: Listing, draw: random.Random, reason: str = "", about: str = ""
) -> Wording:
    """Return the texts of a story, of one whose headline has the words `about`."""
    templates = TEMPLATES[kind, direction]
    headline, revised, summary = draw.choice([each for each in templates if about in each[0]])
    low = draw.uniform(0.2, 4.0)
    words = {
        "name": short_name(listing),
        "full": full_name(listing),
        "symbol": listing.symbol,
        "quarter": draw.choice(_QUARTERS),
        "pct": str(draw.randint(2, 38)),
        "low": f"{low:.2f}",
        "eps": f"{low * draw.uniform(1.03, 1.3):.2f}",
        "billions": f"{draw.uniform(0.4, 40):.1f}",
        "digit": str(draw.randint(1, 6)),
        "target": str(max(1, round(listing.price * (1 + direction * draw.uniform(0.08, 0.3))))),
        "firm": draw.choice(_FIRMS),
        "other": draw.choice(_OTHERS),
        "banker": draw.choice(_BANKERS),
        "reason": reason,
    }
    texts = [text.format(**words) for text in (headline, revised, summary)]
    return Wording(texts[0], texts[1], texts[2], _paragraphs(texts, words, draw))


def _paragraphs(texts: list[str], words: dict[str, str], draw: random.Random) -> tuple[str, ...]:
    ends = (
        f"{words['full']} did not answer a request for comment.",
        f"Shares of {words['full']} were volatile in recent sessions.",
        f"{draw.choice(_FIRMS)} called the news largely expected.",
    )
    return tuple(text for text in (texts[0] + ".", texts[2], draw.choice(ends)) if text)


def scripted(headline: str, summary: str = "") -> Wording:
    """Return the texts of a story that somebody dictates."""
    return Wording(headline, headline + " (updated)", summary, (headline, *((summary,) if summary else ())))
