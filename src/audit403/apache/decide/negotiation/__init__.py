"""mod_negotiation: which of several files is served for one name."""
