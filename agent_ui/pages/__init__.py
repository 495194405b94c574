"""Pages for people, complete without scripts; each file has its `routes`."""
