"""What is held, what it is worth, and the day's trades."""
