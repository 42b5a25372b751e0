"""People, and their links to venues: sealed credentials, linking, the settings page. Opens no streams."""
