"""The shop systems that orders come from: one file or folder per system, found by being here."""
