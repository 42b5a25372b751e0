"""The desk: the page of panels that people keep open, its layout and its preferences."""
