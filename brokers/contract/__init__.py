"""What every venue is to the rest: the broker, its events, reports and errors."""
