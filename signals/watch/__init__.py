"""Features and regime beside a person's streams, of the symbols that somebody looks at."""
