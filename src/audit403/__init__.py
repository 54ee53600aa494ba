"""audit403 finds every HTTP 403 before a visitor does."""

__version__ = "0.1.0"
