"""Between processes: directly or over the channel layer; survey; cluster id."""
