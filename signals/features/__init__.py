"""Features: numbers about a symbol that are known when a bar closes. Pure."""
