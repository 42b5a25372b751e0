"""Tradier: market data, option chains and accounts, over its REST API and its two streams."""

import logging

from brokers.tradier.broker import Tradier

__all__ = ["Tradier"]

# At DEBUG these print bearer tokens and session ids; httpx2 tells of every request at INFO.
for _name, _least in (("httpx2", logging.WARNING), ("httpcore2", logging.WARNING), ("websockets", logging.INFO)):
    _logger = logging.getLogger(_name)
    _logger.setLevel(max(_logger.level, _least))
del _name, _least, _logger
