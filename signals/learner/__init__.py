"""Models at work: at each bar they state, when it is due they are scored, and then they learn. Pure."""
