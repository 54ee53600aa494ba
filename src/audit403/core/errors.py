"""Errors that end a command or a target with one plain sentence."""


class Audit403Error(Exception):
    """What was being read, what is wrong with it, where, and what to do, in one sentence."""


class BadUsage(Audit403Error):
    """The command line, the settings or a request of a batch cannot be understood."""
