"""What the sources with keys answer over REST."""
