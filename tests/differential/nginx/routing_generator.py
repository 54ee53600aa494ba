"""Random request targets, hosts and trees of locations, small enough that they meet often."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random


def words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


SEGMENTS = ("a", "b", "ab", "A", "a.b", "x.php", "ba", "a-b")
REGEXES = words(r"^/a b$ \.php$ /a/ ^/(a|b)/ A ^/$ [ab]/$ (?<seg>a.*)b ^/a/(.*)$ // \. b/?$")

_PIECES = (
    *words("/ / / a b ab A . .. /.. /. /../ /./ // %2F %2f %2e %2E%2e %61 %41 %25 %23 %3F %3f %2B + %20 %00 % %g1 %4"),
    *words("%c3%a9 %ff é \udcff ? ?a=1 # #x & = ; , ~ : @ ! $ * ( ) ' \" < > [ ] { } | \\ ^ ` %09 %0a %7f"),
    *words("... /... /.a /..a /a. /a.. %2e. .%2e %5c"),
)
_RARE_PIECES = ("\x01", "\t", "\x7f", " ", "  ", " a", "\r", "\x00")
_AUTHORITIES = (
    *words("a.test A.TEST a.test. a.test:80 a.test: a.test:8x [::1] [::1]:80 [::1 [v1.a_~!] a_b é u@a.test b.test"),
    *words("a..b 127.0.0.1 . a.test:80:80 [::1]x a,b [a%b]"),
    "",
)


def path(rng: random.Random, most: int = 4) -> str:
    """A path out of few segments, with or without a slash at its end."""
    found = "".join("/" + rng.choice(SEGMENTS) for _ in range(rng.randrange(most)))
    return (found + rng.choice(("", "/"))) or "/"


def odd_target(rng: random.Random) -> str:
    """A request target out of pieces that normalisation looks at, many of them broken."""
    target = "/" + "".join(rng.choice(_PIECES) for _ in range(rng.randrange(9)))
    if rng.random() < 0.04:
        at = rng.randrange(len(target) + 1)
        target = target[:at] + rng.choice(_RARE_PIECES) + target[at:]
    return absolute(rng, target) if rng.random() < 0.15 else target


def absolute(rng: random.Random, target: str) -> str:
    """The target in absolute form, well made or not."""
    scheme = rng.choice(("http", "http", "https", "HTTP", "ftp", "h+1.-", "1http", "é", "ht_tp"))
    authority = rng.choice(_AUTHORITIES)
    separator = rng.choice(("://", "://", "://", "://", "://", "://", ":/", ":", "//"))
    return scheme + separator + authority + rng.choice((target, target, target, "", "?" + target, "#" + target))


class LocationTree:
    """The text of a random tree of locations; `bodies` gives each its directives."""

    def __init__(self, rng: random.Random, port: int) -> None:
        self.rng = rng
        self.port = port
        self.count = 0
        self.named: list[str] = []

    def text(self) -> str:
        """Some locations for one server."""
        rng = self.rng
        self.named = [f"@n{index}" for index in range(rng.randrange(3))]
        blocks = self._level("", "", rng.randrange(2, 7), 0)
        blocks += [f"location {name} {{ {self._body()} }}" for name in self.named]
        rng.shuffle(blocks)
        return "\n".join(blocks)

    def _level(self, parent: str, modifier: str, count: int, depth: int) -> list[str]:
        rng = self.rng
        taken: set[tuple[bool, str]] = set()
        blocks: list[str] = []
        for _ in range(count):
            kind = rng.choice(("", "", "", "=", "^~", "^~", "~", "~", "~*"))
            if modifier == "~" and kind not in ("~", "~*"):
                kind = "~"
            if kind in ("~", "~*"):
                name = rng.choice(REGEXES)
            else:
                name = parent.rstrip("/") + path(rng, 3) if rng.random() < 0.8 else parent + rng.choice(SEGMENTS)
                name = name or "/"
                if not name.startswith(parent) or (kind == "=", name) in taken:
                    continue
                taken.add((kind == "=", name))
            self.count += 1
            inner: list[str] = []
            if kind != "=" and depth < 3 and rng.random() < 0.35:
                below = "~" if kind in ("~", "~*") else ""
                inner = self._level(parent if below else name, below, rng.randrange(1, 4), depth + 1)
            glue = "" if kind and rng.random() < 0.2 else " "
            blocks.append(f'location {kind}{glue}"{name}" {{ {self._body()} ' + "\n".join(inner) + "}")
            if glue == "" and kind:
                blocks[-1] = blocks[-1].replace(f'{kind}"{name}"', f'"{kind}{name}"', 1)
        return blocks

    def _body(self) -> str:
        rng = self.rng
        mark = f"L{self.count}"
        chosen = rng.randrange(24)
        if chosen < 8:
            return "return 403;"
        if chosen < 14:
            return f'return 200 "{mark}|$uri|$1|$seg|$request_filename|$document_root";'
        if chosen < 15:
            return f"error_page 404 /e{mark}; deny all;"
        if chosen < 16:
            return "deny all;"
        if chosen < 17:
            return f'internal; return 200 "{mark}";'
        if chosen < 18:
            return f"rewrite ^ {path(rng)} last;"
        if chosen < 19:
            return f"rewrite ^/(.)(.*)$ /$2/$1?x=$1 {rng.choice(('', 'last', 'break'))};"
        if chosen < 21:
            return "proxy_pass http://127.0.0.1:1;" if rng.random() < 0.7 else f'if ($args) {{ return 200 "{mark}"; }}'
        if chosen < 22:
            last = rng.choice((*self.named, "=403", path(rng), "=404", path(rng) + "?t=1"))
            return f"try_files /nothing/here$uri {last};"
        if chosen < 23:
            return f'limit_except GET {{ deny all; }} return 200 "{mark}";'
        return f'set $seg {mark}; return {rng.choice((403, 401, 404, 410, 500))} "{mark}";'
