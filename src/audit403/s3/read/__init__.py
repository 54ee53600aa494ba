"""From bytes to documents: policies, states, templates."""
