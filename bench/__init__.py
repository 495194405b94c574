"""The command `bench`: how near the hub is to what this machine can do. It speaks to the hub from outside."""
