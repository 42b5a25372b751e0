"""What one client sees and how far it has come."""
