"""Policies and buckets as the evaluation understands them, compiled once."""
