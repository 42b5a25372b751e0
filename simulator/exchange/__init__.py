"""One exchange: orders, fills, accounts, margin and fees. Pure."""
