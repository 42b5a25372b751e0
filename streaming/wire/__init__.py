"""The wire: frames out, commands in, subscriptions. Pure."""
