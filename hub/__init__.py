"""What customer service is; knows no messenger and no web page."""
