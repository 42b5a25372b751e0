"""Tools: functions over what a desk knows, with typed arguments and results, free of any protocol."""
