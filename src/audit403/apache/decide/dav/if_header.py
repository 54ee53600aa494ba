"""The If header of WebDAV, and whether something meets it.

Truth: dav_process_if_header and dav_validate_resource_state in modules/dav/main/util.c, dav_fs_parse_locktoken in
modules/dav/fs/lock.c. Nothing is locked: no lock token is ever that of a lock.
"""

import re

from audit403.apache.decide.dav.outcome import Failure, Resource
from audit403.apache.decide.normalise_uri import BadEscape, normalise_path, unescape_url
from audit403.apache.decide.outcome import BAD_REQUEST
from audit403.core.decision import REASON_STATE, Missing
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Undecided

LOCK, TAG, UNKNOWN = "lock", "tag", "unknown"
_URL = re.compile(r"(?:[A-Za-z][^:/?#]*://[^/?#]*)?([^?#]*)")
_UUID = re.compile(
    r"[0-9a-fA-F]{8}[0-9a-fA-F-][0-9a-fA-F]{4}(?:[0-9a-fA-F-][0-9a-fA-F]{4}){2}[0-9a-fA-F-][0-9a-fA-F]{12}\Z"
)
_OWN_TAG = re.compile(r'(?:W/)?"([0-9a-f]+)-([0-9a-f]+)"\Z')
_SCHEME = "opaquelocktoken:"


class State(NamedTuple):
    """One condition: a lock token, an entity tag, or a token of an unknown kind; `wanted` False is `Not`."""

    kind: str
    text: str
    wanted: bool


class StateList(NamedTuple):
    """Conditions of which all must be met, for the resource `uri` (None: for all)."""

    uri: str | None
    states: tuple[State, ...]


def parse_if(text: str) -> list[StateList]:
    """The lists of an If header. Raises Failure."""
    found: list[StateList] = []
    uri: str | None = None
    tagged: bool | None = None
    at = 0
    while at < len(text):
        mark = text[at]
        if mark == "<":
            token = None if tagged is False else _token(text, at, ">")
            if token is None:
                raise _bad('unclosed "<" or unexpected tagged-list production.')
            at = token[1]
            uri, tagged = _path(token[0]), True
        elif mark == "(":
            tagged = False if tagged is None else tagged
            token = _token(text, at, ")")
            if token is None:
                raise _bad('unclosed "(".')
            at = token[1]
            found.append(StateList(uri, _states(token[0])))
        elif mark not in " \t":
            raise _bad(f"Unexpected character encountered (0x{ord(mark):02x}, '{mark}').")
        at += 1
    return found


def is_lock_token(token: str) -> bool | None:
    """Whether it is one of httpd's own; None where it is of another kind."""
    if not token.startswith(_SCHEME):
        return None
    return _UUID.match(token[len(_SCHEME) :]) is not None


def meets(lists: list[StateList], resource: Resource) -> bool:
    """Whether one of the lists that are about a resource is met, or none is about it."""
    uri = resource.uri[:-1] if resource.uri.endswith("/") else resource.uri
    about = [each for each in lists if each.uri is None or each.uri == uri]
    return not about or any(all(_holds(state, resource) for state in each.states) for each in about)


def _holds(state: State, resource: Resource) -> bool:
    if state.kind == TAG:
        return _has_tag(state.text, resource) == state.wanted
    return not state.wanted


def _has_tag(text: str, resource: Resource) -> bool:
    entry = resource.entry
    if entry is None or not resource.asked:
        return text in ("", "W/")
    found = _OWN_TAG.match(text)
    if found is None:
        return False
    if entry.mtime is not None and int(found[2], 16) // 1_000_000 != entry.mtime:
        return False
    if entry.size is not None and int(found[1], 16) != entry.size and not resource.is_collection:
        return False
    raise Undecided(Missing(REASON_STATE, f"when {resource.path} was changed, to the microsecond"))


def _states(text: str) -> tuple[State, ...]:
    states: list[State] = []
    wanted = True
    at = 0
    while at < len(text):
        mark = text[at]
        if mark in "<[":
            token = _token(text, at, ">" if mark == "<" else "]")
            if token is None:
                raise Failure(BAD_REQUEST, "")
            states.append(_state(mark, token[0], wanted))
            at, wanted = token[1], True
        elif text.startswith("Not", at):
            if not wanted:
                raise _bad('Multiple "not" entries for the same state.')
            wanted = False
            at += 2
        elif mark == "N":
            raise _bad("Unexpected character in List")
        elif mark not in " \t":
            raise _bad(f"Unexpected character encountered (0x{ord(mark):02x}, '{mark}').")
        at += 1
    return tuple(states)


def _state(mark: str, token: str, wanted: bool) -> State:
    if mark == "[":
        return State(TAG, token, wanted)
    own = is_lock_token(token)
    if own is False:
        raise Failure(BAD_REQUEST, "The opaquelocktoken has an incorrect format and could not be parsed.")
    return State(UNKNOWN if own is None else LOCK, token, wanted)


def _token(text: str, at: int, end: str) -> tuple[str, int] | None:
    """What stands between the mark at `at` and `end`, without the blanks before it, and where `end` is."""
    at += 1
    while at < len(text) and text[at] in " \t":
        at += 1
    found = text.find(end, at)
    return None if found < 0 else (text[at:found], found)


def _path(url: str) -> str:
    found = _URL.match(url)
    path = found[1] if found is not None else ""
    if not path:
        raise Failure(BAD_REQUEST, "Invalid URI in tagged If-header.")
    normal = normalise_path(path, False, decode_unreserved=True)
    if normal is None:
        raise Failure(BAD_REQUEST, "Invalid URI path tagged If-header.")
    try:
        decoded = unescape_url(normal)
    except BadEscape:
        raise Failure(BAD_REQUEST, "Invalid percent encoded URI in tagged If-header.") from None
    return decoded[:-1] if len(decoded) > 1 and decoded.endswith("/") else decoded


def _bad(words: str) -> Failure:
    return Failure(BAD_REQUEST, f'Invalid "If:" header: {words}')
