"""nginx's configuration as nginx understands it: contexts, inheritance, sockets, locations, rewrite code."""
