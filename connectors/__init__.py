"""Code that speaks to somebody else's system; of the hub it knows `hub.ports` alone."""
