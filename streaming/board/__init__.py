"""The board: the latest value of every slot, versioned. Pure."""
