"""The market side's requests and streams of events."""
