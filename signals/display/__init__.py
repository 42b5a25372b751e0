"""How the record of models is shown: its figures as texts, and its pictures as points. Pure."""
