"""AWS's definition of a public policy, which Block Public Access goes by.

Truth: "The meaning of public" in
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html. What that page leaves
open is undocumented, and says so.
"""

from audit403.core.decision import REASON_UNDOCUMENTED, Missing
from audit403.s3.model.caller import ORIGIN_IDENTITY, caller_of
from audit403.s3.model.condition import FOR_ALL, FOR_ANY, Condition
from audit403.s3.model.operators import network
from audit403.s3.model.policy import ALLOW, Policy, Statement
from audit403.s3.model.truth import Truth, some

#: Keys that make a statement about somebody, where they are held against fixed values.
_LIMITING = frozenset(
    (
        "aws:sourcearn", "aws:sourcevpc", "aws:sourcevpce", "aws:sourceowner", "aws:sourceaccount", "aws:userid",
        "s3:dataaccesspointarn", "s3:dataaccesspointaccount", "aws:sourceip", "aws:principalorgid",
    )
)  # fmt: skip
#: Keys about somebody that the page does not name.
_PERHAPS_LIMITING = frozenset(
    (
        "aws:principalaccount", "aws:principalarn", "aws:principalorgpaths", "aws:vpceaccount", "aws:vpceorgid",
        "aws:vpceorgpaths", "aws:sourcevpcarn", "aws:principalisawsservice", "aws:principalservicename",
        "aws:sourceorgid", "aws:sourceorgpaths", "s3:x-amz-server-side-encryption-aws-kms-key-id",
    )
)  # fmt: skip
_POSITIVE = frozenset(
    ("stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike", "ipaddress", "bool")
)
_WIDEST = {4: 8, 6: 32}


def is_public(policy: Policy) -> Truth:
    """Whether one of its statements lets in everybody."""
    return some(public_statement(statement) for statement in policy.statements)


def public_statement(statement: Statement) -> Truth:
    """Whether a statement lets in everybody."""
    if statement.effect != ALLOW or statement.fault is not None or statement.named is None:
        return False
    federated = False
    if not statement.is_not_principal and not statement.named.everybody:
        federated = any(kind == "Federated" for kind, _ in statement.named.written)
        if not federated:
            return False
    unsettled: Missing | None = None
    for condition in statement.conditions:
        limits = _limits(condition)
        if limits is True:
            return False
        if isinstance(limits, Missing):
            unsettled = limits
    if federated:
        return Missing(REASON_UNDOCUMENTED, "whether a statement for federated users counts as public")
    return True if unsettled is None else unsettled


def names_outsiders(statement: Statement, account: str) -> bool:
    """Whether it lets in somebody of another account."""
    named = statement.named
    if named is None or statement.effect != ALLOW:
        return False
    others = {caller_of(text) for _, text in named.written}
    return any(who.account not in (None, account) or who.kind == ORIGIN_IDENTITY for who in others)


def _limits(condition: Condition) -> Truth:
    key, operator = condition.key.lower(), condition.operator.lower()
    if operator.startswith(FOR_ALL):
        return False
    operator = operator.removeprefix(FOR_ANY)
    if operator not in _POSITIVE or key not in _LIMITING | _PERHAPS_LIMITING or not condition.values:
        return False
    if not all(_is_fixed(key, value) for value in condition.values):
        return False
    of_a_session = key == "aws:userid" and any(":" in value for value in condition.values)
    if key in _PERHAPS_LIMITING or of_a_session:
        # The page takes what is "outside the pattern AROLEID:*", and does not say what it makes of sessions of a role.
        return Missing(REASON_UNDOCUMENTED, f"whether a condition on {condition.key} keeps a policy from being public")
    return True


def _is_fixed(key: str, value: str) -> bool:
    if key == "aws:sourceip":
        found = network(value)
        if found is None or "${" in value:
            return False
        return found.prefixlen >= _WIDEST[found.version] or (found.version == 4 and found.is_private)
    if "${" in value:
        return False
    if key == "s3:dataaccesspointarn":
        account, _, rest = value.partition(":accesspoint/")
        return not _has_wildcard(account) and bool(rest)
    if key == "aws:userid":
        return not _has_wildcard(value.removesuffix(":*"))
    return not _has_wildcard(value)


def _has_wildcard(text: str) -> bool:
    return "*" in text or "?" in text
