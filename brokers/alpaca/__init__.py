"""Alpaca: accounts and executions, over its REST API, its trade events and its trade-updates socket. No prices."""

import logging

from brokers.alpaca.broker import Alpaca

__all__ = ["Alpaca"]

# At DEBUG these print headers that carry keys, and what is sent over sockets; httpx2 tells of every request at INFO.
for _name, _least in (("httpx2", logging.WARNING), ("httpcore2", logging.WARNING), ("websockets", logging.INFO)):
    _logger = logging.getLogger(_name)
    _logger.setLevel(max(_logger.level, _least))
del _name, _least, _logger
