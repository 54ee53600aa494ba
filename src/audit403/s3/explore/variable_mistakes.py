"""Policy variables that no request fills: then the statement, or the value, applies to nothing.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html ("Principal key values": only
users have aws:username; keys with several values are no variables), and for `&{…}`
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document.
"""

import re
from collections.abc import Iterator

from audit403.core.fact import DocumentFault
from audit403.s3.data.actions import condition_key, nearest_key
from audit403.s3.explore.mistake import BUCKET_POLICY, Asker, Mistake, asked_actions, fault, the
from audit403.s3.explore.polarity import is_negated
from audit403.s3.model.caller import ROLE, SERVICE, SESSION, caller_of
from audit403.s3.model.policy import ALLOW, Policy, Statement

NEVER_FILLED = "variable-never-filled"
#: Without a default behind a comma.
_VARIABLE = re.compile(r"\$\{\s*((?:aws|s3):[\w/.:+=@-]+)\s*\}", re.IGNORECASE)
_AMPERSAND = re.compile(r"&(\{\s*(?:aws|s3):[^}]+\})", re.IGNORECASE)
_OF_USERS = "aws:username"
_OF_TAGS = "aws:principaltag/"


def variable_mistakes(asker: Asker, policy: Policy, statement: Statement) -> Iterator[DocumentFault]:
    """The variables of one statement that are never filled, each once."""
    if statement.effect != ALLOW:
        return
    texts = [] if statement.is_not_resource else [*(statement.resources or ())]
    texts += [value for one in statement.conditions if not is_negated(one) for value in one.values]
    told: set[str] = set()
    for text in texts:
        for written, why, instead in _never_filled(policy, statement, text):
            if written not in told:
                told.add(written)
                yield _fault(asker, statement, text, written, why, instead)


def _never_filled(policy: Policy, statement: Statement, text: str) -> Iterator[tuple[str, str, str]]:
    """The variables of a text that nothing fills: as it is written, why, and what was meant, if that is known."""
    for found in _AMPERSAND.finditer(text):
        why = "it is plain text, for only Terraform's data source for policies makes a variable of it"
        yield found[0], why, ""
    for found in _VARIABLE.finditer(text) if policy.has_variables else ():
        key = condition_key(found[1])
        if key is None:
            nearest = nearest_key(found[1])[:1]
            yield found[0], "there is no such key", f"${{{nearest[0]}}}" if nearest else ""
        elif key.many:
            yield found[0], "a key that may have several values is no variable", ""
        elif whom := _whose_requests_lack(policy, statement, found[1].lower()):
            yield found[0], f"requests of {whom} never bring {key.name}", ""


def _whose_requests_lack(policy: Policy, statement: Statement, key: str) -> str:
    """Whose requests never have a key, where the statement is for nobody else; empty where somebody's may."""
    if key != _OF_USERS and not key.startswith(_OF_TAGS):
        return ""
    if policy.kind != BUCKET_POLICY:
        return policy.name if key == _OF_USERS and caller_of(policy.name).kind == ROLE else ""
    if statement.named is None or statement.is_not_principal or statement.named.everybody:
        return ""
    without = (ROLE, SESSION, SERVICE) if key == _OF_USERS else (SERVICE,)
    written = statement.named.written
    if not written or any(caller_of(text).kind not in without for _, text in written):
        return ""
    return written[0][1]


def _fault(asker: Asker, statement: Statement, text: str, written: str, why: str, instead: str) -> DocumentFault:
    of_resource = text in (statement.resources or ())
    whole = not of_resource or len(statement.resources or ()) == 1
    what = f"{the(statement)} allows nothing" if whole else f"the resource {text} of {the(statement)} matches nothing"
    refused = None
    if whole and of_resource and "*" not in text.replace(written, "").rpartition("/")[0]:
        resource = text.replace(written, "audit403").replace("*", "index.html")
        if "{" not in resource and "?" not in resource:
            refused = asker.meant_by(statement, asked_actions(statement), resource=resource)
    mistake = Mistake(statement, (written,), (instead,) if instead else (), None, refused)
    return fault(NEVER_FILLED, f"{what}: nothing fills {written}, because {why}", mistake)
