"""Finds every refusal of a configuration: one ordinary request a place, and recorded tests flipped one at a time."""
