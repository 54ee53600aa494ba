"""One text that a pattern matches: what a wildcard of a resource stands for in an ordinary request."""

from audit403.s3.model.pattern import MANY, ONE, Parts, Wildcard, parts_of

ORDINARY_KEY = "index.html"


def sample_resource(pattern: str) -> str:
    """A resource that an ARN's pattern matches: a page where it leaves the key open."""
    if pattern == "*":
        return "arn:aws:s3:::bucket/index.html"
    head, slash, key = pattern.partition("/")
    head = "".join(_word(part, "bucket") for part in parts_of(head, False))
    if not slash:
        return head
    parts = parts_of(key, False)
    if parts == (MANY,):
        return f"{head}/{ORDINARY_KEY}"
    return f"{head}/{sample_of(parts)}"


def sample_of(parts: Parts, end: str = ORDINARY_KEY) -> str:
    """A text that some parts match; `end` is what an asterisk at the end stands for."""
    last = len(parts) - 1
    return "".join(_word(part, end if number == last else "x") for number, part in enumerate(parts))


def _word(part: object, many: str) -> str:
    if isinstance(part, Wildcard):
        return "x" if part == ONE else many
    return str(part)
