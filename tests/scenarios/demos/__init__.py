"""A demo that is started again and again: what its people did is there, and goes on."""
