"""The simulated Alpaca's streams: server-sent events and WebSocket."""
