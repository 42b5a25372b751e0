"""A desk to try: demo people and the loopback venues. Never installed in production."""
