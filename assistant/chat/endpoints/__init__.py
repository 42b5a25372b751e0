"""The addresses at which pages and programs reach the chat."""
