"""Fan-out to this process's sockets."""
