"""What was last known of each person's board, kept for pages that are opened while nothing streams."""
