"""Noisy attacks on a desk of its own, and what its people notice of them."""
