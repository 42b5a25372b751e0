"""How prices move: fields of chance that are read at any moment, and the paths of listings that they make."""
