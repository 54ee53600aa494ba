"""The remedy for what an AppArmor profile refuses: a rule in the file that it includes for local additions."""

import re

from audit403.core.edit import TextEdit
from audit403.core.finding import MANUAL, UNSAFE, Fix
from audit403.evidence.links import parent_of
from audit403.files.apparmor import FOLDER, Profile, Reader, profile_of
from audit403.files.guard import Kept
from audit403_checks.files.behind import APPARMOR, Behind, Question
from audit403_checks.links import docroot_above

_PLAIN = re.compile(r"[\w./-]+")


def behind(question: Question, kept: Kept) -> Behind:
    """What the profile has against it, with the remedy."""
    fix = _ruled(question) or Fix("let the profile read it, and load it again (apparmor_parser -r)", MANUAL)
    return Behind(APPARMOR, kept.why, lambda _: (fix,), modes_help=False)


def _ruled(question: Question) -> Fix | None:
    """A rule for the docroot; None where the profile includes no file for that, or denies on purpose."""
    from audit403.files.remedy import quote

    worker = question.served.evaluator.worker
    name = None if worker is None else profile_of(worker)
    if name is None:
        return None
    evidence = question.served.evaluator.evidence
    profile = Reader(evidence).profile(name)
    top = docroot_above(question.site, question.path) or parent_of(question.path)
    if not isinstance(profile, Profile) or not _PLAIN.fullmatch(top) or any(rule.denies for rule in profile.rules):
        return None
    for include in profile.includes:
        path = include if include.startswith("/") else f"{FOLDER}/{include}"
        text = evidence.read(path) if "local/" in include else b""
        if isinstance(text, bytes) and "local/" in include and path.isprintable():
            added = (f"{top}/ r,", f"{top}/** r,")
            words = " ".join(quote(line) for line in added)
            commands = (f"printf '%s\\n' {words} >> {quote(path)}", f"apparmor_parser -r {quote(profile.file)}")
            edit = TextEdit(path, len(text), len(text), "".join(f"{line}\n" for line in added))
            return Fix("let the profile read it, and load it again", UNSAFE, (), commands, (edit,))
    return None
