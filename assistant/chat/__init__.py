"""Questions of people to a language model, which answers with what the tools of the desk tell."""
