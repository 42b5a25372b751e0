"""The feeds of the simulated sources, each with the oddities of the one it is made after. Pure."""
