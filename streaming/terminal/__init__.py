"""`manage.py stream`: a stream in a terminal."""
