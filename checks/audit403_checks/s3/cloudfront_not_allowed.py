"""CloudFront stands before a bucket that does not let it read."""

import json
import re
from collections.abc import Iterator
from typing import Any

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because, Span
from audit403.core.registry import check
from audit403.s3.explore.satisfy import all_met
from audit403.s3.explore.subject import BY_DISTRIBUTION, Behind, S3Subject
from audit403.s3.model.caller import caller_of
from audit403.s3.model.distribution import BY_OAC, BY_OAI, NEVER, NO_ACCESS
from audit403.s3.model.holes import HOLE_START
from audit403.s3.model.policy import ALLOW, Policy, Statement
from audit403_checks.s3.changes import policy_fix
from audit403_checks.s3.refusals import finding, is_by_default, named_everybody, refusal_of

_SERVICE = "cloudfront.amazonaws.com"
_ACCOUNT = re.compile(r"arn:[^:]+:cloudfront::\d{12}:")
_SOURCE_ACCOUNT = "aws:sourceaccount"
_ABSENT = "missing-key-without-list"
_HEADER_KEYS = {"referer": "aws:referer", "user-agent": "aws:useragent"}


@check(ERROR, "nothing-allows", "policy-denies", "missing-key-without-list")
def cloudfront_not_allowed(fact: Fact, site: Site) -> Iterator[Finding]:
    """Every viewer gets 403; a warning where a policy may stand elsewhere, or an id that is written be this one's."""
    found = refusal_of(fact)
    if found is None or found[1].meant != BY_DISTRIBUTION or found[1].behind is None:
        return
    refusal, subject = found
    behind = found[1].behind
    if refusal.cause == _ABSENT and refusal.witness.target != f"{behind.origin.path}/{behind.distribution.root}":
        return
    other = _for_another(subject, behind)
    if other is not None and _is_it_in_a_written_account(behind, other):
        return
    message = f"the distribution {behind.distribution.identifier} gets 403 from {subject.bucket.name}: "
    message += _why(refusal, subject, behind, other)
    also = () if other is None or other.where is None else (Because(other.where, _whom(other)),)
    severity = WARNING if is_by_default(site, subject, "policy") or _may_be_it(behind, other) else ERROR
    fixes = _fixes(site, refusal, subject, behind)
    yield finding("cloudfront-not-allowed", severity, message, refusal, fixes, also=also)


def _why(refusal: Refusal, subject: S3Subject, behind: Behind, other: Statement | None) -> str:
    access = behind.origin.access
    if refusal.cause == _ABSENT:
        return f"its default root object {refusal.witness.target} is not there"
    if refusal.cause == "policy-denies":
        return "a statement of its policy denies it"
    if subject.profile.website:
        return _why_website(subject, behind)
    if access == BY_OAC and behind.origin.signing == NEVER:
        return "its origin access control never signs (SigningBehavior: never), and not everybody may read"
    if access == NO_ACCESS:
        return "the origin has no origin access control, so that CloudFront does not sign, and not everybody may read"
    asked = refusal.witness.target
    own = _for_other_objects(subject)
    if own is not None:
        origin_path = f" (origin path {behind.origin.path})" if behind.origin.path else ""
        named = ", ".join(own.resources or ())
        return f"it asks for {asked}{origin_path}, and statement {own.name} lets it read {named} alone"
    if access == BY_OAC:
        told = "no statement of its policy lets the service in for this distribution"
    else:
        told = f"no statement of its policy names the origin access identity {behind.origin.identity}"
    return told if other is None else f"{told}; statement {other.name} is for another"


def _why_website(subject: S3Subject, behind: Behind) -> str:
    adds = {name for name, _ in behind.origin.headers}
    policy = subject.bucket.policy
    for statement in policy.statements if isinstance(policy, Policy) else ():
        wanted = {one.key.lower() for one in statement.conditions}
        named = next((name for name, key in _HEADER_KEYS.items() if key in wanted), None)
        if statement.effect == ALLOW and named is not None and named_everybody(statement):
            if named in adds:
                return (
                    f"the header {named} that its origin adds is not the one that statement {statement.name} asks for"
                )
            return f"statement {statement.name} asks for the header {named}, and its origin adds none"
    told = "its origin is the website endpoint, where CloudFront is one visitor among all, and those may not read"
    if behind.origin.access == NO_ACCESS:
        return told
    return f"{told}: neither an origin access control nor an identity counts there"


def _for_other_objects(subject: S3Subject) -> Statement | None:
    """The statement that lets in this very distribution, or identity, to other objects than those it asks for."""
    policy = subject.bucket.policy
    for statement in policy.statements if isinstance(policy, Policy) else ():
        if statement.effect != ALLOW or not statement.is_about("s3:getobject") or statement.is_not_resource:
            continue
        named, asked = statement.named, subject.request
        if statement.is_of(asked.resource, {}) is not False or named is None or named.everybody:
            continue
        if named.names_caller(caller_of(asked.principal)) and all_met(statement.conditions, asked.context):
            return statement
    return None


def _whom(statement: Statement) -> str:
    sources = _sources(statement)
    return f"statement {statement.name} is for {', '.join(sources) or 'another identity'}"


def _for_another(subject: S3Subject, behind: Behind) -> Statement | None:
    """The statement that lets in another distribution, or another identity, to read."""
    policy = subject.bucket.policy
    signs = behind.origin.access == BY_OAI or (behind.origin.access == BY_OAC and behind.origin.signing != NEVER)
    if not isinstance(policy, Policy) or subject.profile.website or not signs:
        return None
    mark = _SERVICE if behind.origin.access == BY_OAC else "CloudFront Origin Access Identity"
    for statement in policy.statements:
        written = () if statement.named is None else statement.named.written
        if statement.effect != ALLOW or not any(mark in text for _, text in written):
            continue
        if statement.is_about("s3:getobject") and statement.is_of(subject.request.resource, {}) is True:
            return statement
    return None


def _is_it_in_a_written_account(behind: Behind, other: Statement) -> bool:
    """Whether a statement is for this distribution of an account by its number, which a template may be deployed to."""
    arn = behind.distribution.arn
    if not isinstance(arn, str) or HOLE_START not in arn.rpartition("/")[0]:
        return False
    sources, identifier = _sources(other), behind.distribution.identifier
    if sources:
        return any(one.rpartition("/")[2] == identifier and _ACCOUNT.match(one) for one in sources)
    accounts = [value for one in other.conditions if one.key.lower() == _SOURCE_ACCOUNT for value in one.values]
    return any(value.isdigit() for value in accounts)


def _sources(statement: Statement) -> list[str]:
    return [value for one in statement.conditions if one.key.lower() == "aws:sourcearn" for value in one.values]


def _may_be_it(behind: Behind, other: Statement | None) -> bool:
    """Whether the id that a statement names may be the one that AWS gives, or has given, to what a template creates."""
    if other is None or HOLE_START not in behind.distribution.identifier:
        return False
    named = [text for _, text in (() if other.named is None else other.named.written)]
    written = _sources(other) if behind.origin.access == BY_OAC else named
    return any(HOLE_START not in re.split(r"[/ ]", one)[-1] for one in written)


def _fixes(site: Site, refusal: Refusal, subject: S3Subject, behind: Behind) -> tuple[Fix, ...]:
    if refusal.cause == _ABSENT:
        return (Fix(f"put {refusal.witness.target} into the bucket, or name what is there", MANUAL),)
    if refusal.cause == "policy-denies":
        return (Fix("except the distribution from the statement that denies", MANUAL),)
    access = behind.origin.access
    if subject.profile.website:
        endpoint = f"{subject.bucket.name}.s3.REGION.amazonaws.com"
        words = f"make the REST endpoint ({endpoint}) the origin, with an origin access control that the policy lets in"
        if any(name in _HEADER_KEYS for name, _ in behind.origin.headers):
            words = f"let the statement ask for the header that the origin adds; or better, {words}"
        return (Fix(words, MANUAL),)
    if access == BY_OAC and behind.origin.signing == NEVER:
        return (Fix("let the origin access control sign every request (SigningBehavior: always)", MANUAL),)
    if access != BY_OAC:
        words = "give the origin, the bucket's REST endpoint, an origin access control, and let that in by the policy"
        if access == BY_OAI:
            words = f"let the identity in by the policy: {subject.profile.principal}; or better, {words}"
        return (Fix(words, MANUAL),)
    own = _for_other_objects(subject)
    if own is not None:
        return (Fix(f"let statement {own.name} name what the distribution asks for, or mend its origin path", MANUAL),)
    statement = _statement(subject, behind)
    words = "let this distribution, and nobody else, read the objects"
    fix = policy_fix(site, subject, words, UNSAFE, lambda every: [*every, statement], _added(site, subject, statement))
    if fix.changes():
        return (fix,)
    condition = "on the condition that aws:SourceArn is the distribution's ARN"
    return (Fix(f"let {_SERVICE} do s3:GetObject with the objects of the bucket, {condition}", MANUAL),)


def _statement(subject: S3Subject, behind: Behind) -> dict[str, Any]:
    return {
        "Sid": "ReadByCloudFront",
        "Effect": "Allow",
        "Principal": {"Service": _SERVICE},
        "Action": "s3:GetObject",
        "Resource": f"{subject.bucket.arn}/*",
        "Condition": {"StringEquals": {"AWS:SourceArn": dict(subject.profile.context)["aws:SourceArn"]}},
    }


def _added(site: Site, subject: S3Subject, statement: dict[str, Any]) -> tuple[TextEdit, ...]:
    """The edit that puts a statement behind the last of a policy in JSON; none where there is no place for it."""
    policy, text = subject.bucket.policy, json.dumps(statement)
    last = policy.statements[-1].where if isinstance(policy, Policy) and policy.statements else None
    if not isinstance(last, Span) or HOLE_START in text:
        return ()
    data = site.source(last.file)
    if data is None or data[last.end - 1 : last.end] != b"}" or data.lstrip()[:1] != b"{":
        return ()
    after = data[last.end :].lstrip()[:1]
    if after not in (b"]", b","):
        return ()
    return (TextEdit(last.file, last.end, last.end, f",\n{' ' * (last.column - 1)}{text}"),)
