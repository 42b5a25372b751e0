"""Fields of results: the unit of each, and the words that name it in a sentence."""

import re

PRICES = "last mark price close mid"
PROFITS = "day_pl open_pl realised_pl"
MOVES = f"change change_percentage {PROFITS}"
UNITS = {
    "usd": (
        "bid ask last mark mid price close open high low prev_close close_price average_price stop_price vwap theo"
        " change value day_pl open_pl realised_pl net_liq cash balance difference buying_power equity_buying_power"
        " derivative_buying_power maintenance fees strike high_52w low_52w cost max_profit max_loss breakevens profit"
        " book venue"
    ),
    "pct": "change_percentage iv_rank percentile volatility_rank",
    "frac": "iv front_iv back_iv chance p q confidence expected_move",
    "count": (
        "positions unmarked ungreeked unweighted left_out count strikes trades volume open_interest call_volume"
        " put_volume option_volume fired reconnects refreshes bad_rows days"
    ),
    "days": "dte",
    "ms": "age_ms",
    "at": (
        "at since until next_change feed_at account_at retry_at refreshed_at bid_at ask_at last_at mark_at greeks_at"
        " time ends when submitted_at armed_at fired_at expires bar resolves_at published_at"
    ),
    "id": "fact id version newest next of replaces replaced_by",
}
UNIT_OF = {field: unit for unit, fields in UNITS.items() for field in fields.split()}
"""The unit of a field. `quantity` is `shares` or `contracts`, as its row says."""
NAMED_ONLY = frozenset(
    [
        "bid",
        "ask",
        "bid_size",
        "ask_size",
        "last_size",
        "open",
        "high",
        "low",
        "prev_close",
        "close_price",
        "average_price",
        "stop_price",
        "vwap",
        "theo",
        "high_52w",
        "low_52w",
        "fees",
        "strike",
        "maintenance",
        "equity_buying_power",
        "derivative_buying_power",
        "difference",
        "delta",
        "gamma",
        "theta",
        "vega",
        "rho",
        "beta",
        "beta_delta",
        "iv_rank",
        "iv",
        "front_iv",
        "back_iv",
        "percentile",
        "volume",
        "open_interest",
        "call_volume",
        "put_volume",
        "option_volume",
        "put_call_ratio",
        "trades",
        "multiplier",
        "shares",
        "age_ms",
        "dte",
        "fact",
        "id",
        "version",
        "newest",
        "next",
        "of",
        "volatility_rank",
        "expected_move",
        "p",
        "q",
        "confidence",
        "strikes",
        "unmarked",
        "ungreeked",
        "unweighted",
        "profit",
        "book",
        "venue",
    ]
)
"""Fields whose numbers mean nothing where their name is not said."""
SIGNED = frozenset(MOVES.split())
"""Fields of which `up` and `down` say the sign."""
TOTALS = frozenset({"net_liq", "cash", "balance", "buying_power", "equity_buying_power", "derivative_buying_power"})
COLUMNS = {
    "candles": ("time", "open", "high", "low", "close", "volume"),
    "points": ("time", "net_liq", "balance"),
    "grid": ("price", "profit"),
}
"""What stands where in lists of numbers."""

_PHRASES = (
    (r"net[- ]liq(?:uidat(?:ing|ion))?(?: value)?|account value", "net_liq"),
    (r"(?:option |stock )?buying power", "buying_power equity_buying_power derivative_buying_power"),
    (r"cash", "cash"),
    (r"balance", "balance cash"),
    (r"maintenance|margin", "maintenance"),
    (r"unreali[sz]ed(?: (?:p&l|p/l|pl|profit|loss|gain))?|open (?:p&l|p/l|pl|profit|loss|gain)", "open_pl"),
    (r"reali[sz]ed(?: (?:p&l|p/l|pl|profit|loss|gain))?", "realised_pl"),
    (r"(?:day(?:'s|’s)?|daily|today(?:'s|’s)) (?:p&l|p/l|pl|profit|loss|gain|result)", "day_pl"),
    (r"(?:p&l|p/l|profit|loss) (?:today|of the day|on the day)", "day_pl"),
    (r"max(?:imum)? profit|most (?:to earn|it (?:can|may) earn)", "max_profit"),
    (r"max(?:imum)? loss|most (?:to lose|it (?:can|may) lose)", "max_loss"),
    (r"52[- ]week high", "high_52w"),
    (r"52[- ]week low", "low_52w"),
    (r"open interest", "open_interest"),
    (r"(?:previous|prior|prev\.?|yesterday(?:'s|’s)|last) close", "prev_close close_price close"),
    (r"average (?:price|cost)|avg\.? (?:price|cost)|cost basis|entry(?: price)?|bought (?:at|for)", "average_price"),
    (r"beta[- ]weighted delta|beta[- ]delta", "beta_delta"),
    (r"iv[- ]rank|volatility rank", "iv_rank volatility_rank"),
    (r"implied vol(?:atility)?|iv|volatility|vol", "iv front_iv back_iv"),
    (r"put[-/ ]call ratio", "put_call_ratio"),
    (r"break[- ]?evens?(?: points?)?", "breakevens"),
    (r"days? (?:to expir(?:y|ation)|left)|dte|expires? in", "dte"),
    (r"limit(?: price)?", "price"),
    (r"stop(?: price)?", "stop_price"),
    (r"strikes?", "strike strikes"),
    (r"fees?|commissions?", "fees"),
    (r"p&l|p/l|pl|profits?|earned|made", f"{PROFITS} max_profit profit"),
    (r"gain(?:s|ed)?", f"{MOVES} max_profit"),
    (r"loss(?:es)?|lost|loses?|losing", f"{MOVES} max_loss"),
    (
        r"chang(?:e[sd]?|ing)|moved?|up|down|rose|rise[sn]?|fell|fall(?:s|en)?|higher|lower|dropped|climbed|slipped"
        r"|added|off",
        MOVES,
    ),
    (r"high(?:est)?", "high high_52w"),
    (r"low(?:est)?", "low low_52w"),
    (r"open(?:ed|ing price)?(?! (?:positions?|orders?|alerts?|until|from|at \d\d:))", "open"),
    (r"clos(?:e|ed|ing price)(?! (?:to|positions?))", "close prev_close close_price"),
    (r"bid size", "bid_size"),
    (r"(?:ask|offer) size", "ask_size"),
    (r"bid", "bid"),
    (r"ask(?:s|ing price)?|offer(?:ed)?", "ask"),
    (r"mid(?:dle|point)?", "mid mark"),
    (r"mark(?:ed)?(?: price)?", "mark"),
    (r"last(?! (?:\d|few|week|month|year|night|hour|minute|day))", "last"),
    (r"trad(?:es?|ed|ing) at|pric(?:e|ed|es)|quoted(?: at)?|(?:is|are|stands?|now) at", PRICES),
    (r"at(?= [$€£]?[\d\ufffc])", f"{PRICES} average_price"),
    (r"(?:market )?value|worth", "value net_liq"),
    (r"costs?|credit|debit|paid|pays?", "cost price average_price"),
    (r"delta", "delta"), (r"gamma", "gamma"), (r"theta", "theta"), (r"vega", "vega"), (r"rho", "rho"),
    (r"beta", "beta"), (r"vwap", "vwap"), (r"multiplier", "multiplier"),
    (r"volume", "volume call_volume put_volume option_volume"),
    (r"chance|probability|odds", "chance p q"), (r"confidence", "confidence"),
    (r"old|ago|age", "age_ms"), (r"facts?", "fact newest"),
    (r"quantity", "quantity"),
)  # fmt: skip
_FIELDS = [frozenset(fields.split()) for _, fields in _PHRASES]
_WORD = re.compile(
    "|".join(rf"(?P<f{n}>(?<![\w&])(?:{words})(?![\w&]))" for n, (words, _) in enumerate(_PHRASES)), re.I
)


def find_fields(text: str) -> list[tuple[int, int, frozenset[str]]]:
    """Return where fields are named in a text, from and to, and which ones the words may mean."""
    return [(found.start(), found.end(), _FIELDS[int((found.lastgroup or "f0")[1:])]) for found in _WORD.finditer(text)]


def unit_of(field: str, *, is_option: bool = False) -> str:
    """Return the unit of a field; empty where it has none or none is known."""
    if field == "quantity":
        return "contracts" if is_option else "shares"
    return UNIT_OF.get(field, "at" if field.endswith("_at") else "")
