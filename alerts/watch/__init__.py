"""Rules as they are kept, and evaluated beside a person's streams."""
