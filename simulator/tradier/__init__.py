"""The simulated Tradier: REST, market stream over WebSocket and HTTP, account events; live and sandbox."""
