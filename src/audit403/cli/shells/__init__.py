"""Completion scripts, one file a shell; what they know comes from the parser (`described`)."""
