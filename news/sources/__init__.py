"""Sources of news behind one contract. Knows no Django."""
