"""One person's links, board and outbox."""
