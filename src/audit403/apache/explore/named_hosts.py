"""Lists that let in by the name of a host: what the DNS says of the client's address decides, and no request here."""

from collections.abc import Iterable, Iterator

from audit403.apache.decide.hosts import may_be_domain
from audit403.apache.read.tree import Directive
from audit403.apache.read.words import values_of
from audit403.core.fact import IdleDirective
from audit403.core.source import every_directive, latin

KIND = "named-hosts"


def named_hosts(directives: Iterable[Directive]) -> Iterator[IdleDirective]:
    """A fact for each line that lets in by names; its subject are the names, and the directive's own name."""
    for directive in every_directive(list(directives)):
        if directive.name in ("require", "allow"):
            names = _names(directive)
            if names:
                message = f"{directive.written} {directive.raw}"
                yield IdleDirective("apache", KIND, directive.span, message, (), (directive.name, names))


def _names(directive: Directive) -> tuple[str, ...]:
    words = values_of(latin(directive.raw.partition("#")[0]))
    if len(words) < 2 or words[0].lower() not in ("host", "from"):
        return ()
    return tuple(word for word in words[1:] if _is_name(word))


def _is_name(word: str) -> bool:
    low = word.lower()
    return (
        "." in low.strip(".") and may_be_domain(low) and not low.startswith("env=") and not low.endswith(".localhost")
    )
