"""The loopback venues: one seeded market behind the real wire protocols of the venues Tapedeck speaks to."""
