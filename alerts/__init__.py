"""Alerts: rules that people write, evaluated on every event of their streams, and delivered."""
