"""`manage.py doctor`: what it checks."""
