"""Errors that end a command or a target with one plain sentence."""


class Audit403Error(Exception):
    """What was being read, what is wrong with it, where, and what to do, in one sentence."""

    exit_code = 2


class BadUsage(Audit403Error):
    """The command line, the settings or a request of a batch cannot be understood."""


class NotSeen(Audit403Error):
    """What is asked about cannot be looked at: a host is not reached, or the login may not read it."""

    exit_code = 3
