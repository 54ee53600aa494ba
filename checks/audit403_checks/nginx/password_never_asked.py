"""An `if` on the user's name refuses before `auth_basic` asks for it, so that no browser ever shows its prompt."""

from collections.abc import Iterator

from audit403.core.decision import REFUSED
from audit403.core.fact import Fact
from audit403.core.family import Site
from audit403.core.finding import MANUAL, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.nginx.explore.subject import Subject
from audit403.nginx.model.context import Context
from audit403.nginx.model.rewrite_code import If
from audit403.nginx.read.tree import Directive
from audit403_checks.nginx.subjects import own_refusal_of, refusing_if
from audit403_checks.support import finding_of

_USERS = ("remote_user", "http_authorization")


@check(WARNING, "return")
def password_never_asked(fact: Fact, site: Site) -> Iterator[Finding]:
    """Rewriting comes before access control; browsers send a password only when they were asked with 401."""
    found = own_refusal_of(fact)
    if found is None:
        return
    refusal, subject = found
    context = subject.context or subject.server
    realm, users = context.last("auth_basic"), context.last("auth_basic_user_file")
    # Where the question is asked for more than this place, browsers have been asked before they come here.
    if realm is None or users is None or realm.args[:1] == ["off"] or realm not in context.own.get("auth_basic", ()):
        return
    place = refusing_if(refusal, subject)
    if place is None or place[1].condition.variable not in _USERS:
        return
    headers = tuple(pair for pair in refusal.witness.headers if pair[0].lower() != "authorization")
    request = refusal.witness._replace(headers=headers)
    decision = site.decide(request)
    if decision.verdict != REFUSED or decision.where != refusal.where:
        return
    test = "if " + " ".join(place[1].directive.args)
    message = f"no browser asks for a password: `{test}` refuses whoever sends none, before `auth_basic` can ask"
    fix = _fix(subject, context, place[1], realm)
    finding = finding_of("nginx/password-never-asked", WARNING, message, refusal, (fix,), anchor=test)
    chain = (Because(realm.span, "would ask with 401"),)
    who = "browsers, and whoever waits to be asked for a password"
    yield finding._replace(request=request, who=who, because=(*chain, *decision.because), log=decision.log)


def _fix(subject: Subject, context: Context, instruction: If, realm: Directive) -> Fix:
    """Let the question be asked of whoever has not been asked; where all who pass the test are asked then."""
    from audit403_checks.nginx.other_words import comes_to_access, level_of, past_without_a_user

    level = level_of(subject.server, instruction)
    is_asked = level is not None and level is context and not any("$" in word for word in realm.args)
    if level is not None and is_asked and comes_to_access(level, [instruction], "auth_basic"):
        edits = past_without_a_user(instruction)
        if edits:
            return Fix("let whoever sends no user through to `auth_basic`, which asks for one", UNSAFE, edits)
    return Fix("let the password file alone say who may come in: one with these users only", MANUAL)
