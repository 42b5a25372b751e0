"""The faults of the simulated news sources."""
