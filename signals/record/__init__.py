"""What is recorded of signals: batches, outcomes, and the chain that shows whether anything was changed. Pure."""
