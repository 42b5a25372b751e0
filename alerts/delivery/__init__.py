"""Delivery of firings where no page is open: push, mail, webhooks and services, each retried until it takes them."""
