"""Lists that grow, beside the board: read from where a client stands, pushed as they grow."""
