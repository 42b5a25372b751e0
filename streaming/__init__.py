"""From a person's links to their browsers: manager, board, host, hub, sockets. Knows no venue's name."""
