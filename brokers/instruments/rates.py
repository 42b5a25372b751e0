"""What money costs a year, for whatever is valued here where no venue tells it. One number a process."""

USUAL = 0.04


class _Rates:
    risk_free = USUAL


def risk_free() -> float:
    """Return the risk-free rate as a fraction a year, continuously compounded."""
    return _Rates.risk_free


def use(rate: float) -> None:
    """Value with this rate from now on."""
    _Rates.risk_free = rate
