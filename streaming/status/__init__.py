"""What a process and the desk say of themselves."""
