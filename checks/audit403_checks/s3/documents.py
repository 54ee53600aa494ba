"""Findings about what stands in a document, whoever asks."""

from audit403.core.fact import DocumentFault
from audit403.core.finding import MANUAL, Finding, Fix
from audit403.s3.model.policy import Statement


def document_finding(rule: str, severity: str, fact: DocumentFault, remedy: str, *fixes: Fix) -> Finding:
    """The finding about a fault in a document; `remedy` says what a person can do where no fix is proven."""
    statement = fact.subject
    anchor = f"{statement.name if isinstance(statement, Statement) else ''} {fact.kind}"
    every = (*fixes, Fix(remedy, MANUAL))
    return Finding(f"s3/{rule}", severity, fact.message, fact.where, status=None, fixes=every, anchor=anchor, fact=fact)
