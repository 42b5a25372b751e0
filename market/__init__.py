"""The market side: the hub of ten symbols, option chains, and their pages and endpoints."""
