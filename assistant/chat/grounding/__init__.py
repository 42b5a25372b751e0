"""Whether what a model says is in the data: every number of an answer is one of the results of its turn."""
