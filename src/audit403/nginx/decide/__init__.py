"""What nginx answers to one request, phase by phase, each phase in a file of its own."""
