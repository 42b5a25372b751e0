"""Measurements of what the desk and its simulated venues cost. `make bench` runs them; results are not committed."""
