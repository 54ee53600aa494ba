"""Texts of which a part is known only when a template is deployed: what they may turn out to match.

`⟨Site⟩` is the name of something that the template creates, equal to itself alone – but a name that AWS makes up may
fit a pattern; `⟨Env…⟩`, an open one, may be any text.
"""

import re

from audit403.core.decision import REASON_NOT_COLLECTED, Missing

HOLE_START, HOLE_END = "⟨", "⟩"
OPEN_END = f"…{HOLE_END}"
_TOKEN = re.compile(r"⟨[^⟩]*⟩|\*+|.", re.DOTALL)
_BUCKET_PART = re.compile(r"arn:[^:]*:s3:::([^/]*)")
#: Any text, any without a slash, any one character: no token is like these.
_ANY, _PART, _ONE = "any text", "any name", "any character"
_LONGEST = 400


def is_open(text: str) -> bool:
    """Whether a part of a text may be anything."""
    return OPEN_END in text


def is_whole_hole(text: str) -> bool:
    """Whether nothing of a text is known."""
    return text.startswith(HOLE_START) and text.find(HOLE_END) == len(text) - 1


def not_known(text: str) -> Missing:
    """What is missing to know a text."""
    found = re.search(r"⟨[^⟩]*⟩", text)
    return Missing(REASON_NOT_COLLECTED, f"what {found[0] if found else text} comes to")


def may_match(pattern: str, text: str) -> bool:
    """Whether a pattern may turn out to match a text, where a hole is in either: some text is what both stand for."""
    part = _BUCKET_PART.match(pattern)
    made_up = part is not None and any(mark in part[1] for mark in "*?")
    left = [_of_pattern(token) for token in _TOKEN.findall(pattern)]
    right = _of_text(text, made_up)
    if not is_open(pattern) and _ANY not in right and _PART not in right:
        return False
    return len(left) > _LONGEST or len(right) > _LONGEST or _meet(left, right)


def _of_pattern(token: str) -> str:
    if token[0] == "*" or token.endswith(OPEN_END):
        return _ANY
    return _ONE if token == "?" else token


def _of_text(text: str, made_up: bool) -> list[str]:
    """A name of a bucket has no slash, whatever it comes to."""
    found: list[str] = []
    bucket = _BUCKET_PART.match(text)
    at = 0
    for token in _TOKEN.findall(text):
        in_name = bucket is not None and bucket.start(1) <= at < bucket.end(1)
        unknown = token.endswith(OPEN_END) or (made_up and in_name and token[0] == HOLE_START)
        found += [_PART if in_name else _ANY] if unknown else [token] if token[0] == HOLE_START else list(token)
        at += len(token)
    return found


def _meet(left: list[str], right: list[str]) -> bool:
    """Whether some text is what both rows of tokens can be."""
    row = [True]
    for other in right:
        row.append(row[-1] and other in (_ANY, _PART))
    for token in left:
        following = [row[0] and token == _ANY]
        for number, other in enumerate(right):
            if other in (_ANY, _PART):
                within = row[number + 1] and (token != "/" or other == _ANY)
                following.append(following[number] or within)
            elif token == _ANY:
                following.append(row[number + 1] or following[number])
            else:
                following.append(row[number] and token in (_ONE, other))
        row = following
    return row[-1]
