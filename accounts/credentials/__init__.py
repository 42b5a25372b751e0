"""How credentials are encrypted, with which keys, and which were refused."""
