"""What pages of the origins in `ALLOWED_ORIGINS` may send to the MCP endpoint, and read of its answers."""

ALLOWED = {
    "Access-Control-Allow-Methods": "POST, DELETE",
    "Access-Control-Allow-Headers": (
        "Authorization, X-API-Key, Content-Type, Accept, Last-Event-ID, Cache-Control, Mcp-Session-Id,"
        " Mcp-Protocol-Version, Mcp-Method, Mcp-Name"
    ),
    "Access-Control-Max-Age": "600",
}
READABLE = {"Access-Control-Expose-Headers": "Mcp-Session-Id, Retry-After, WWW-Authenticate"}
