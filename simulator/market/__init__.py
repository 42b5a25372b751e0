"""One seeded market: instruments, prices, calendars and their past. Pure."""
