"""A process that speaks to tastytrade holds no pandas; whoever asks the SDK for a trading day has it loaded then."""

import subprocess
import sys

import pytest

from config.env import BASE_DIR

PROGRAM = """
import sys
import brokers.tastytrade
heavy = {"pandas", "pandas_market_calendars", "exchange_calendars", "numpy"}
assert not heavy & sys.modules.keys(), heavy & sys.modules.keys()
from datetime import date
from tastytrade import utils
assert utils.is_market_open_on(date(2026, 11, 25))
assert not utils.is_market_open_on(date(2026, 11, 26))  # Thanksgiving
assert heavy <= sys.modules.keys()
"""


@pytest.mark.process
def test_pandas_is_loaded_by_the_first_question_for_a_trading_day():
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=BASE_DIR, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
