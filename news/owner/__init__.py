"""Who runs the sources: one process of the desk its own, the owner of a person theirs."""
