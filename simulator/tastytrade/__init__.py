"""The simulated tastytrade: OAuth, REST, DXLink and the account stream, as the unmodified SDK expects them."""
