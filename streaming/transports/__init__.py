"""How a client is served beside the WebSocket: server-sent events and polls; admission, origins."""
