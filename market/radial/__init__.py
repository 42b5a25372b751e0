"""The radial hub: markets and indices at a glance."""
