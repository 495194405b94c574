"""The schema's history, forward only; `hub.schema` runs it."""
