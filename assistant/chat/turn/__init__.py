"""One turn: a question, the calls of tools that it takes, and the answer."""
