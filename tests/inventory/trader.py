"""Trades at a desk by its own command: `python -m tests.inventory.trader EMAIL…`.

Each person buys a little at the market, and places an order far from the market, which is canceled.
"""

import concurrent.futures
import sys

import django
from django.core.management import call_command

FAR_PRICE = "1"
TERMS = (["--for", "20"], ["--price", FAR_PRICE, "--for", "1"])


def main(emails: list[str]) -> None:
    """Place the orders of all of them at once. Raises what the first that failed raises."""
    orders = [["--test", "--user", email, *terms] for email in emails for terms in TERMS]
    with concurrent.futures.ThreadPoolExecutor(len(orders)) as pool:
        for _ in pool.map(lambda terms: call_command("orders", *terms), orders):
            pass


if __name__ == "__main__":
    django.setup()
    main(sys.argv[1:])
