"""The processes of a desk and their supervisor."""
