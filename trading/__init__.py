"""The book: orders, fills and activities of all links, projected from the ledger and compared with the venues."""
