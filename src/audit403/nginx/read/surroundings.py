"""In which block a lone file belongs: told by where nginx allows the directives that it holds."""

from audit403.core.named_tuple import NamedTuple
from audit403.nginx.read import directives as table
from audit403.nginx.read.tree import Directive

MAIN_BLOCKS = frozenset({"http", "events", "stream", "mail"})

#: What surrounds a file of each context, and what ends it; the likeliest context first.
SURROUNDINGS = {
    "http": ("events {}\nhttp {\n", "}\n"),
    "server": ("events {}\nhttp {\nserver {\n", "}\n}\n"),
    "location": ("events {}\nhttp {\nserver {\nlocation / {\n", "}\n}\n}\n"),
    "upstream": ("events {}\nhttp {\nupstream assumed {\n", "}\n}\n"),
    "location-if": ("events {}\nhttp {\nserver {\nlocation / {\nif ($assumed) {\n", "}\n}\n}\n}\n"),
    "stream": ("events {}\nstream {\n", "}\n"),
    "stream-server": ("events {}\nstream {\nserver {\n", "}\n}\n"),
    "mail": ("events {}\nmail {\n", "}\n"),
    "mail-server": ("events {}\nmail {\nserver {\n", "}\n}\n"),
    "events": ("events {\n", "}\n"),
    "main": ("", ""),
}
_SNIPPETS = ("snippets", "includes", "include", "inc", "common", "partials", "locations", "location", "default.d")


class Belonging(NamedTuple):
    """The context of a lone file; `known` is the share of its statements that nginx allows there."""

    context: str
    known: float


def is_main(directives: list[Directive]) -> bool:
    """Whether the statements are those of a main configuration file."""
    return any(directive.name in MAIN_BLOCKS and directive.block is not None for directive in directives)


def belonging(path: str, directives: list[Directive]) -> Belonging:
    """Where a file with these statements belongs; between equals its folder decides, then the outermost context."""
    if is_main(directives):
        return Belonging("main", 1.0)
    if not directives:
        return Belonging("http", 1.0)
    contexts = list(SURROUNDINGS)
    if _in_snippets(path):
        contexts = ["server", "location", "http", *contexts[3:]]
    best = Belonging("http", -1.0)
    for context in contexts:
        bit = table.CONTEXTS[context]
        fitting = sum(1 for directive in directives if _fits(directive, bit))
        if fitting / len(directives) > best.known:
            best = Belonging(context, fitting / len(directives))
    return best


def _fits(directive: Directive, bit: int) -> bool:
    if directive.args[:1] == ["="] and directive.name != "location":
        return False  # `listen = 80`, as many other programs have it
    masks = table.masks(directive.name) or ()
    block = directive.block is not None
    return any(mask & bit and table.fits(mask, directive.args, block) for mask in masks)


def _in_snippets(path: str) -> bool:
    return any(f"/{folder}/" in path for folder in _SNIPPETS)
