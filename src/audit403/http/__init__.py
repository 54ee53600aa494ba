"""What is HTTP's and no server's: addresses and networks, regular expressions, password hashes."""
