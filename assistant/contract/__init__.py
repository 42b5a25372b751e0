"""What a tool is: what it takes and gives, who calls it, how it tells of its progress and of its failures."""
