"""Fixes of mistakes in statements: edits in a document, a command for what is recorded of a bucket."""

from collections.abc import Callable
from typing import Any

from audit403.core.edit import TextEdit
from audit403.core.fact import DocumentFault
from audit403.core.family import Site
from audit403.core.finding import UNSAFE, Finding, Fix
from audit403.s3.explore.mistake import Mistake, Needed, listed
from audit403.s3.model.bucket import Bucket
from audit403.s3.site import S3Site
from audit403_checks.s3.changes import Statements, fix_of_policy
from audit403_checks.s3.documents import mistake_finding
from audit403_checks.s3.rewriting import both, is_variable, with_resource, word_in_place_of

_Change = Callable[[dict[str, Any]], dict[str, Any]]


def other_word(site: Site, mistake: Mistake, summary: str, written: str, instead: str) -> Fix:
    """The fix that writes one word of a statement, and the resource that it then needs, for another."""
    edits = word_in_place_of(site, mistake.statement, written, instead)
    if mistake.resource is not None:
        edits = both(edits, with_resource(site, mistake.statement, mistake.resource))

    def change(statement: dict[str, Any]) -> dict[str, Any]:
        renamed: dict[str, Any] = _renamed(statement, written, instead)
        return renamed if mistake.resource is None else _with_resource(renamed, mistake.resource)

    return _fix(site, mistake, summary, change, edits)


def word_finding(rule: str, fact: DocumentFault, site: Site, otherwise: str) -> Finding:
    """The finding about a wrong word, with the fix that writes the one that is meant where just one can be, and with
    what to do `otherwise`, where none is known.
    """
    mistake: Mistake = fact.subject
    if not mistake.instead:
        return mistake_finding(rule, fact, otherwise)
    written = mistake.written[0]
    first, *further = mistake.instead
    remedy = f"write {listed(mistake.instead)} for {written}"
    return mistake_finding(
        rule, fact, remedy, *(() if further else (other_word(site, mistake, remedy, written, first),))
    )


def other_resource(site: Site, mistake: Mistake, summary: str) -> Fix:
    """The fix that names the resource that a statement needs."""
    needed = mistake.resource
    if needed is None:
        return Fix(summary, UNSAFE)
    edits = with_resource(site, mistake.statement, needed)
    return _fix(site, mistake, summary, lambda statement: _with_resource(statement, needed), edits)


def _fix(site: Site, mistake: Mistake, summary: str, change: _Change, edits: tuple[TextEdit, ...]) -> Fix:
    number, policy = mistake.statement.number, mistake.statement.policy
    bucket = site.world.bucket(policy.name) if isinstance(site, S3Site) else None
    if not isinstance(bucket, Bucket) or bucket.policy is not policy:
        return Fix(summary, UNSAFE, edits)

    def changed(every: Statements) -> Statements:
        return [change(one) if at == number else one for at, one in enumerate(every)]

    return fix_of_policy(site, bucket, summary, UNSAFE, changed, edits)


def _renamed(value: Any, written: str, instead: str) -> Any:
    """The same with a word for another, be it a key or a value; a key that is there already keeps what it has."""
    if isinstance(value, dict):
        return {(instead if key == written else key): _renamed(each, written, instead) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, written, instead) for each in value]
    if isinstance(value, str) and is_variable(written):
        return value.replace(written, instead)
    return instead if value == written else value


def _with_resource(statement: dict[str, Any], needed: Needed) -> dict[str, Any]:
    named = statement.get("Resource")
    every = [*named] if isinstance(named, list) else [named]
    if needed.in_place:
        every = [needed.needed if one == needed.named else one for one in every]
    else:
        every.append(needed.needed)
    return {**statement, "Resource": every[0] if len(every) == 1 else every}
