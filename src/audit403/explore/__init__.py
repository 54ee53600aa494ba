"""What exploration has in common for every server: requests, refusals, and what is said of them."""
