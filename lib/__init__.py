"""Small helpers that know nothing of trading, Django or this product."""
