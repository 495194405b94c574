"""What a connector may know of the hub, and nothing else of it."""
