"""The goals of the bench, a file for each family."""
