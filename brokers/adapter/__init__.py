"""What every adapter is built from: HTTP, WebSockets, rate limits, error mapping, supervision."""
