"""The locations of many names at once are those that the search for each URI finds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.explore.line_patterns import line_pattern
from audit403.http.regex import MatchFailed, compile_regex
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.find_location import search_locations
from audit403.nginx.explore.doors import doors_of, visit
from audit403.nginx.explore.locations_of import LocationsOf
from nginx.decide.small_site import evaluator

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from audit403.nginx.model.location import Location

NAMES = [
    "a",
    "b",
    "a.php",
    "a.php~",
    ".ht",
    ".htaccess",
    "x.css",
    "X.CSS",
    "ab",
    "a b.js",
    "b/",
    "a.b.c",
    "é.png",
    "n\na",
    "n\r",
    "d/",
]
FOLDERS = ["/", "/a/", "/a/b/", "/.git/", "/x.php/", "/ab/"]
PATTERNS = [
    *(r"\.php$", r"\.php(/|$)", r"/\.(?!well-known)", r"^/a/[^/]+$", r"^/a/[^b]*$", r"\.(css|js)$", r"~$", r"/\.ht"),
    *(
        r"^/[^.]+$",
        r"[^/]$",
        r"a\b",
        r"^/a/.*b",
        r"(?<name>a)\.",
        r"\Aa",
        r"b\z",
        r"\s",
        r"\W",
        r"[\s]",
        r"(?s)a.",
        r"a*",
    ),
    *(
        r"^(?!/a)",
        r"[a-c]\.?$",
        r"(?i)CSS$",
        r"^/(?:a|b)/.{1,3}$",
        r"[^a-z/]",
        r"[]a]",
        r"[^]a]",
        r"[[:alpha:]]$",
        r"$^",
    ),
    *(
        r"^/(a+)+$",
        r"[^\n]a$",
        r"\Qa\E",
        r"a$(?!\n)",
        r"[^\d]\d?$",
        r"x(?#c)y|a",
        r"(*ANYCRLF)a$",
        r"\x61$",
        r"[^/]*+$",
    ),
]


def location(rng: random.Random, *, inner: bool = False) -> str:
    kind = rng.choice(["~", "~", "~*", "", "", "=", "^~"])
    name = (
        rng.choice(PATTERNS)
        if kind.startswith("~")
        else rng.choice(["/", "/a", "/a/", "/ab", "/a/b", "/a/b/", "/x.", "/.ht"])
    )
    body = rng.choice(["", "", "proxy_pass http://127.0.0.1:1;", "" if inner else location(rng, inner=True)])
    return f'location {kind} "{name}" {{ {body} }}'


def test_as_the_search_for_each(rng: random.Random, cases: Callable[[int], int]) -> None:
    for _ in range(cases(300)):
        written = dict.fromkeys(location(rng) for _ in range(rng.randint(1, 6)))
        asked = evaluator({}, " ".join(written))
        server = asked.model.servers[0]
        door = doors_of(server, asked.model.sockets)[0]
        exchange = Exchange(asked, visit(door, "/"), door.socket, server)

        def search(uri: str, exchange: Exchange = exchange) -> Location | None:
            exchange.uri = uri
            exchange.steps.clear()
            try:
                return search_locations(exchange)
            except MatchFailed:
                return None

        many = LocationsOf(server.tree, search)
        for folder in FOLDERS:
            names = rng.sample(NAMES, rng.randint(1, len(NAMES)))
            assert many.of(folder, names) == [search(folder + name) for name in names], (list(written), folder, names)


def test_usual_patterns_are_held_against_all_names_at_once() -> None:
    for pattern in PATTERNS[:11]:
        compile_regex(pattern)
        assert line_pattern(pattern) is not None, pattern
    assert line_pattern(r"[^/]+\.php$") == r"[^\n/]+\.php$"
    for pattern in (
        r"\s",
        r"\W",
        r"(?s)a.",
        r"[^]a]",
        r"[[:alpha:]]",
        r"\Qa\E",
        r"(*ANYCRLF)a",
        r"\x0a",
        "a\nb",
        r"\Aa",
    ):
        assert line_pattern(pattern) is None
