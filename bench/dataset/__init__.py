"""The data sets of the bench: made once, the same for the same size, and used by copying."""
