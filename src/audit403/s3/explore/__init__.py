"""The search for refused requests: those that a policy means to let in, and what cannot mean anything."""
