"""tastytrade: the production adapter, on the venue's community SDK."""

import logging

from brokers.tastytrade import sdk_import  # noqa: F401 (first: it imports the SDK without what that loads needlessly)
from brokers.tastytrade.broker import Tastytrade

__all__ = ["Tastytrade"]

# At DEBUG these print bearer tokens, and the SDK sets its own logger to DEBUG; httpx2 tells of every request at INFO.
for _name, _least in (
    ("tastytrade", logging.INFO),
    ("httpx2", logging.WARNING),
    ("httpcore2", logging.WARNING),
    ("websockets", logging.INFO),
):
    _logger = logging.getLogger(_name)
    _logger.setLevel(max(_logger.level, _least))
del _name, _least, _logger
