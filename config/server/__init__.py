"""The web servers and their connections."""
