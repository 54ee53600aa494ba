"""Whom an allow/deny list refuses, in words that are true of every client."""

from __future__ import annotations

from nginx.decide.small_site import file
from nginx.explore.small_facts import refusals

ANSWERED_BEFORE = "if ($remote_addr ~ ^192\\.168\\.) { return 404; }"


def test_clients_whom_something_before_the_list_answers_are_not_counted_among_the_refused() -> None:
    closed = "location /x { allow 10.0.0.0/8; deny all; }"
    assert _who(closed) == {"every client but 10.0.0.0/8"}
    assert _who(ANSWERED_BEFORE + closed) == {"clients such as 203.0.113.9"}


def test_what_stands_behind_a_deny_all_lets_nobody_in() -> None:
    closed = "location /x { allow 10.0.0.0/8; deny all; allow 0.0.0.0/0; }"
    assert _who(closed) == {"every client but 10.0.0.0/8"}
    assert _who(ANSWERED_BEFORE + closed) == {"clients such as 203.0.113.9", "clients such as 0.0.0.1"}


def _who(server: str) -> set[str]:
    return {found.who for found in refusals({"x": file()}, server) if found.witness.target == "/x"}
