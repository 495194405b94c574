"""All that a browser or a shop's program sees of the hub."""
