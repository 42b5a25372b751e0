"""What a rule says: its form, its fields, its words and its state. Pure."""
