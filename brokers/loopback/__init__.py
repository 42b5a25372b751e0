"""The former place of the simulated venues, for a release: `python -m brokers.loopback` starts `simulator`."""
