"""What holds against text that others wrote. Pure."""
