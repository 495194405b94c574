"""Every statement, and nothing but statements."""
