"""The managers of this process, and its pulse."""
