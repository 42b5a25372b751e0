"""E-processes: evidence that stays valid however often one looks at it. Pure."""
