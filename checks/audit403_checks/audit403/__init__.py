"""What is wrong with what is written for audit403 itself."""

FAMILY = "audit403"
