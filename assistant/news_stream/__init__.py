"""News of the market as a stream of JSON-RPC notifications."""
