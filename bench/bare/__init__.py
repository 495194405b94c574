"""The bare limits: what SQLite, `websockets` and the standard library do here with nothing of ours around."""
