"""Who may come in: sessions, API tokens, invitations."""
