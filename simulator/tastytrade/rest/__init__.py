"""tastytrade's REST API, a module for each part of it; `table` joins them."""
