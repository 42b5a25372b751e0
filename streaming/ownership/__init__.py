"""Which process runs which person: lease, epoch, claims."""
