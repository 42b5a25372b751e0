"""Who is who: alice is linked; bob is linked to another customer and must see nothing of hers; carol is refused."""

PASSWORD = "a quiet desk by the sea"
ALICE, BOB, CAROL = "alice@example.com", "bob@example.com", "carol@example.com"
LABEL = "Simulated tastytrade"
