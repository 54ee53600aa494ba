"""Remedies for what SELinux refuses: another label, or a boolean.

Truth: semanage-fcontext(8), restorecon(8), setsebool(8).
"""

from audit403.core.edit import BooleanEdit, LabelEdit
from audit403.core.finding import UNSAFE, Fix
from audit403.evidence.interface import Evidence, NotCollected
from audit403.evidence.links import parent_of
from audit403.files.guard import Kept
from audit403.files.selinux import BOOLEANS, BY_BOOLEAN, type_of
from audit403_checks.files.behind import SELINUX_BOOLEAN, SELINUX_TYPE, Behind, Question
from audit403_checks.links import docroot_above

CONTENT = "httpd_sys_content_t"
_OF_POLICY = ("/var/www", "/usr/share/nginx/html", "/usr/share/httpd")
"""Where the policy has web servers' content: what lies there has lost its label, by a `mv` from elsewhere."""


def behind(question: Question, kept: Kept) -> Behind:
    """What SELinux has against it, with the remedy."""
    evidence = question.served.evaluator.files().resolver.evidence
    if kept.by == BY_BOOLEAN:
        name = BOOLEANS[_type(evidence, question.path)][0]
        fix = Fix(f"set {name}", UNSAFE, (), (f"setsebool -P {name} on",), (BooleanEdit(name, True),))
        return Behind(SELINUX_BOOLEAN, kept.why, lambda _: (fix,), modes_help=False)
    return Behind(SELINUX_TYPE, kept.why, lambda _: (_labelled(question, evidence),), modes_help=False)


def _labelled(question: Question, evidence: Evidence) -> Fix:
    from audit403.files.remedy import quote

    top = _top(question, evidence)
    summary = "label it as the content of web servers"
    restored = f"restorecon -R {quote(top)}"
    if any(top == place or top.startswith(f"{place}/") for place in _OF_POLICY):
        return Fix(summary, UNSAFE, (), (restored,), (LabelEdit(top, CONTENT),))
    pattern = _escaped(top) + "(/.*)?"
    command = f"semanage fcontext -a -t {CONTENT} {quote(pattern)}"
    return Fix(summary, UNSAFE, (), (command, restored), (LabelEdit(top, CONTENT),))


def _top(question: Question, evidence: Evidence) -> str:
    """The topmost directory of the same type, up to the docroot."""
    root, kind, top = docroot_above(question.site, question.path), _type(evidence, question.path), question.path
    while root is not None and top != root and _type(evidence, parent_of(top)) == kind:
        top = parent_of(top)
    return top


def _type(evidence: Evidence, path: str) -> str:
    label = evidence.label(path)
    return "" if label is None or isinstance(label, NotCollected) else type_of(label) or ""


def _escaped(path: str) -> str:
    """The path as a regular expression."""
    return "".join(f"\\{letter}" if letter in ".^$*+?()[]{}|\\" else letter for letter in path)
