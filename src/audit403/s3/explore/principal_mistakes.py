"""Principals that S3 does not take or never sees, and conditions that those who are named cannot meet.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html, …_notprincipal.html,
and …_condition-keys.html ("Availability" of each key).
"""

import re
from collections.abc import Iterator

from audit403.core.fact import DocumentFault
from audit403.s3.explore.mistake import BUCKET_POLICY, Asker, Mistake, asked_actions, fault, the
from audit403.s3.explore.polarity import DEAD, polarity_of
from audit403.s3.model.caller import ROLE, USER, caller_of
from audit403.s3.model.holes import HOLE_START
from audit403.s3.model.policy import ALLOW, DENY, Policy, Statement

INVALID, ALL_BUT, NOT_OF_SERVICES = "invalid-principal", "deny-for-all-but", "key-that-services-never-bring"
_PARTITION = r"aws(?:-[a-z]+)*"
_GROUP = re.compile(rf"arn:{_PARTITION}:iam::\d{{12}}:group/.+")
_SESSION_OF_IAM = re.compile(rf"(arn:{_PARTITION}:)iam(::\d{{12}}:assumed-role/.+)")
_ACCOUNT = re.compile(rf"(?:arn:{_PARTITION}:iam::)?(\d+)(?::.*)?")
_DIGITS = 12
#: What looks like somebody's ARN and is nobody's, with why; compiled when they are needed.
_NOBODY = (
    (rf"arn:{_PARTITION}:iam::\d{{12}}:(?:oidc|saml)-provider/.*", "a provider stands under Federated"),
    (
        rf"arn:{_PARTITION}:iam::\d{{12}}:(?:instance-profile|policy|mfa|server-certificate)/.*",
        "it is no user and no role: name the role that it belongs to",
    ),
    (rf"arn:{_PARTITION}:(?!iam:|sts:)[a-z0-9-]+:.*", "it is no user and no role: name the role that it has"),
    (rf"arn:{_PARTITION}:(?:iam|sts)::\d{{12}}:(?:user|role|assumed-role)/?", "its name is missing"),
    (rf"arn:{_PARTITION}:sts::\d{{12}}:assumed-role/[^/]+", "the name of the session is missing"),
    (rf"arn:{_PARTITION}:(?:iam|sts):\d{{12}}:.*", "a colon is missing before the account"),
    (
        r"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity\s*",
        "the id of the origin access identity is missing",
    ),
)
_SERVICE = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?|[a-z0-9.-]+\.amazon\.com")
_KINDS = ("AWS", "Service", "Federated", "CanonicalUser", "")
#: Keys that AWS gives only to requests of people, roles and accounts.
_OF_PEOPLE = frozenset(("aws:principalorgid", "aws:principalorgpaths", "aws:username", "aws:multifactorauthpresent"))


def principal_mistakes(asker: Asker, policy: Policy, statement: Statement) -> Iterator[DocumentFault]:
    """The mistakes in whom one statement names."""
    if policy.kind != BUCKET_POLICY or statement.named is None:
        return
    for kind, text in statement.named.written:
        why = None if HOLE_START in text or "${" in text else _not_taken(kind, text)
        if why is not None:
            message = f"{the(statement)} names {text or 'an empty text'}: {why}{asker.consequence(policy)}"
            yield fault(INVALID, message, Mistake(statement, (text,), _instead(text)))
    if statement.effect == DENY and statement.is_not_principal:
        yield from _all_but(statement)
    if statement.effect == ALLOW:
        yield from _of_services(asker, statement)


def _not_taken(kind: str, text: str) -> str | None:
    """Why S3 does not take a principal; None where it does, or another rule says so."""
    if kind not in _KINDS:
        return f"there is no kind of principals called {kind}"
    if kind == "" and text != "*":
        return "a principal that is not * needs its kind"
    if kind == "Service":
        return None if _SERVICE.fullmatch(text) or text == "*" else "no service of AWS is called so"
    if kind != "AWS":
        return None
    if _GROUP.fullmatch(text):
        return "a group is no principal, name its users, or a role"
    if _SESSION_OF_IAM.fullmatch(text):
        return "a session's ARN is one of sts"
    if _SERVICE.fullmatch(text):
        return "a service stands under Service, not under AWS"
    why = next((words for pattern, words in _NOBODY if re.fullmatch(pattern, text)), None)
    if why is not None:
        return why
    # What is no number is a place for one: ACCOUNT_ID, AccountB-ID.
    found = _ACCOUNT.fullmatch(text)
    return None if found is None or len(found[1]) == _DIGITS else "the number of an account has twelve digits"


def _instead(text: str) -> tuple[str, ...]:
    session = _SESSION_OF_IAM.fullmatch(text)
    return (f"{session[1]}sts{session[2]}",) if session is not None else ()


def _all_but(statement: Statement) -> Iterator[DocumentFault]:
    """A Deny for all but somebody: it catches whoever has a boundary, and the account of whom it names."""
    assert statement.named is not None
    people = [text for _, text in statement.named.written if caller_of(text).kind in (USER, ROLE)]
    if not people:
        return
    without_account = [text for text in people if caller_of(text).account not in statement.named.accounts]
    message = f"{the(statement)} denies everybody but {people[0]}"
    if without_account:
        message += ", and does not name its account: then AWS may deny it as well"
    else:
        message += ", and this one, too, wherever a permissions boundary is set"
    yield fault(ALL_BUT, message, Mistake(statement, tuple(people), harmless=not without_account))


def _of_services(asker: Asker, statement: Statement) -> Iterator[DocumentFault]:
    """An Allow for services alone that asks for what only people bring."""
    assert statement.named is not None
    written = statement.named.written
    if not written or statement.is_not_principal or any(kind != "Service" for kind, _ in written):
        return
    for condition in statement.conditions:
        key = condition.key.lower()
        if (key in _OF_PEOPLE or key.startswith("aws:principaltag/")) and polarity_of(statement, condition) == DEAD:
            service = written[0][1]
            message = f"{the(statement)} allows nothing: {service} never brings {condition.key}"
            others = [one for one in statement.conditions if one is not condition]
            refused = asker.meant_by(statement, asked_actions(statement), others)
            yield fault(NOT_OF_SERVICES, message, Mistake(statement, (condition.key,), refused=refused))
