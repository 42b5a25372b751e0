"""Watchlists: a person's own and their venues'."""
