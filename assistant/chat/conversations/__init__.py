"""What is kept of chat: conversations, consents and used tokens. All of it asks the database."""
