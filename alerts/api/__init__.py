"""Alerts for pages and scripts."""
