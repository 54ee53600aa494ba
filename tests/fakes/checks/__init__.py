"""Checks of the family `fake`."""

FAMILY = "fake"
