"""The simulated news sources: what happens to the companies of the market, as wires, feeds and sockets tell it."""
