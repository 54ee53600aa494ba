"""Tests on files that nobody here sees: each is tried both ways, none in contradiction to another."""

from audit403.apache.decide.exchange import Exchange
from audit403.core.decision import REASON_FILE, Missing
from audit403.evidence.assumed import AssumedTree


def is_file(exchange: Exchange, path: str) -> bool:
    """Whether a file is there, as it is assumed; directories that the configuration names are none."""
    return not _is_named(exchange, path) and exchange.ask(Missing(REASON_FILE, path))


def is_directory(exchange: Exchange, path: str) -> bool:
    """Whether a directory is there, as it is assumed."""
    if _is_named(exchange, path):
        return True
    return not exchange.ask(Missing(REASON_FILE, path)) and exchange.ask(Missing(REASON_FILE, f"{path.rstrip('/')}/"))


def is_there(exchange: Exchange, path: str) -> bool:
    """Whether anything is there, as it is assumed."""
    return _is_named(exchange, path) or exchange.ask(Missing(REASON_FILE, path))


def is_link(exchange: Exchange, path: str) -> bool:
    """Whether a link is there, as it is assumed."""
    return exchange.ask(Missing(REASON_FILE, f"{path} as a link"))


def _is_named(exchange: Exchange, path: str) -> bool:
    served = exchange.evaluator.served
    return isinstance(served, AssumedTree) and served.is_named(path)
