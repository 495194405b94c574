"""The command line, but for what it needs of connectors and pages: those `run.py` hands over."""
