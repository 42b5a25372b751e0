"""The inventory: everything of this product that others rely on, recorded in `recorded/` and compared by a test.

Moves and new names inside the product leave all of it as it is. `python -m tests.inventory` records it anew; each line
that the recording then changes is a change for somebody outside, and the commit says why.
"""
