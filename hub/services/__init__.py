"""Every verb of the hub: rules over a transaction, and methods that each run one unit or view."""
