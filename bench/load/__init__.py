"""Load from a process of its own: many connections in one thread, on plain sockets, so that it costs little itself."""
