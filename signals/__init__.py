"""What the desk works out of the market beside a person's streams: features and the regime."""
