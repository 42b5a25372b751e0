"""The life of one link."""
