"""The ways to reach us: one file or folder per channel, found by being here."""
