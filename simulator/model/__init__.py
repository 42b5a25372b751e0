"""A loopback model that speaks OpenAI's protocol: honest by rules, or as wrong and as odd as a test wants it."""
