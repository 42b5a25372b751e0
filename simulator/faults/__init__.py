"""What every simulated venue's faults have in common. Pure."""
