"""A person's links to venues: linking, order, redirects, key rotation."""
