"""Rules against events: what fires, and what cannot be checked. Pure; time comes in as an argument."""
