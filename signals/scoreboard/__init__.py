"""The scoreboard: what a model's outcomes come to, its gates, and what may be said of it. Pure."""
