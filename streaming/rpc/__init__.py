"""One question to a person's owner, one answer."""
