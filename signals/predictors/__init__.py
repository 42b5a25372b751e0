"""What makes statements: naive rules, named rules, one online logistic for each horizon, and one's own. Pure."""
