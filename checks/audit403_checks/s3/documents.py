"""Findings about what stands in a document, whoever asks."""

from typing import TYPE_CHECKING

from audit403.core.fact import DocumentFault
from audit403.core.finding import ERROR, MANUAL, NOTE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.s3.explore.mistake import Mistake
from audit403.s3.model.policy import Statement

if TYPE_CHECKING:
    from audit403.s3.explore.viewers import Viewer


def document_finding(rule: str, severity: str, fact: DocumentFault, remedy: str, *fixes: Fix) -> Finding:
    """The finding about a fault in a document; `remedy` says what a person can do where no fix is proven."""
    statement = fact.subject
    anchor = f"{statement.name if isinstance(statement, Statement) else ''} {fact.kind}"
    every = (*fixes, Fix(remedy, MANUAL))
    return Finding(f"s3/{rule}", severity, fact.message, fact.where, status=None, fixes=every, anchor=anchor, fact=fact)


def mistake_finding(rule: str, fact: DocumentFault, remedy: str, *fixes: Fix) -> Finding:
    """The finding about a mistake: an error where a request is refused because of it, a note where nobody is."""
    mistake: Mistake = fact.subject
    refused = mistake.refused
    severity = NOTE if mistake.harmless else WARNING if refused is None or mistake.is_guess else ERROR
    found = Finding(
        f"s3/{rule}",
        severity,
        fact.message,
        fact.where,
        status=None,
        fixes=(*(fix for fix in fixes if fix.changes()), Fix(remedy, MANUAL)),
        anchor=f"{mistake.statement.name} {fact.kind} {' '.join(mistake.written)}",
        fact=fact,
    )
    if refused is None:
        return found
    return found._replace(
        request=refused.request, who=refused.who, status=refused.decision.status, says=refused.decision.says
    )


def viewer_finding(rule: str, severity: str, fact: DocumentFault, *remedies: str) -> Finding:
    """The finding about what viewers of a distribution of CloudFront get because of its settings."""
    viewer: Viewer = fact.subject
    decision, statement = viewer.decision, viewer.statement
    because = (
        () if statement is None or statement.where is None else (Because(statement.where, "what means to let it in"),)
    )
    anchor = f"{viewer.behind.distribution.identifier} {viewer.behind.behaviour.pattern} {fact.kind}"
    return Finding(
        f"s3/{rule}",
        severity,
        fact.message,
        fact.where,
        because,
        viewer.request,
        "everybody through CloudFront",
        decision.status,
        fixes=tuple(Fix(remedy, MANUAL) for remedy in remedies),
        anchor=anchor,
        fact=fact,
        says=decision.says,
    )
