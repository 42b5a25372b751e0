"""Who is who.

alice is linked; bob is linked to another customer and must see nothing of hers; carol's credentials are refused;
olga owns the desk and is linked to nothing.
"""

PASSWORD = "a quiet desk by the sea"
ALICE, BOB, CAROL, OLGA = (f"{name}@example.com" for name in ("alice", "bob", "carol", "olga"))
LABEL = "Simulated tastytrade"
