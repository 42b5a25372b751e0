"""What programs ask of a desk: tools, and the doors that lead to them."""
