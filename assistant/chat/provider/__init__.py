"""The model server as the desk sees it: one question, an answer as it comes, and what may go wrong on the way."""
