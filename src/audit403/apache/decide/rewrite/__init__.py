"""mod_rewrite: rules, conditions, maps, and what a server and a directory do with them."""
