"""The book as the ledger's facts make it."""
