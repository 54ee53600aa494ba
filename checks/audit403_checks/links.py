"""Links that an option refuses, for the rules of every family: how grave that is, and whose link it should be."""

from audit403.core.edit import OwnerEdit
from audit403.core.family import Site
from audit403.core.finding import ERROR, NOTE, UNSAFE, WARNING, Fix
from audit403.evidence.interface import Entry
from audit403.files.remedy import quote
from audit403_checks.files.kinds import is_kept_back, is_public, may_be_public
from audit403_checks.files.remedies import served

_ROOT = 0


def is_for_visitors(target: str) -> bool:
    """Whether visitors come for an address: a page or a folder that is not kept back, and what may be one."""
    path = target.partition("?")[0]
    known = is_public(path) or may_be_public(path) or "." not in path.rpartition("/")[2]
    return known and not is_kept_back(path)


def severity_of_link(site: Site, is_whole: bool, target: str, link: str) -> str:
    """An error where a whole site lies behind the link; else a warning, unless it is one of a user that leads out."""
    if is_whole:
        return ERROR
    found = served(site)
    if found is None or not is_for_visitors(target):
        return NOTE
    resolver = found.evaluator.files().resolver
    entry, root = resolver.evidence.entry(link), docroot_above(site, link)
    end = resolver.stat(link)
    is_inside = root is not None and end.path.startswith(root + "/")
    if is_inside or not isinstance(entry, Entry) or end.entry is None:
        return WARNING if is_inside else NOTE
    by_application = entry.uid == resolver.identity.uid and end.entry.uid == _ROOT
    return WARNING if entry.uid == _ROOT or by_application else NOTE


def docroot_above(site: Site, link: str) -> str | None:
    """The docroot that the link lies in."""
    roots = [root.rstrip("/") for root in site.docroots()]
    return max((root for root in roots if link.startswith(root + "/")), key=len, default=None)


def given_to_the_owner(site: Site, link: str) -> Fix | None:
    """The command that gives a link to the owner of what it leads to, who may lead to it as well."""
    found = served(site)
    if found is None or not link.isprintable():
        return None
    resolver = found.evaluator.files().resolver
    end = resolver.stat(link)
    if end.entry is None or not isinstance(resolver.evidence.entry(link), Entry):
        return None
    user = resolver.evidence.user(end.entry.uid)
    name = getattr(user, "name", None) or str(end.entry.uid)
    command = f"chown -h {quote(name)} {quote(link)}"
    return Fix(f"give the link to {name}", UNSAFE, (), (command,), (OwnerEdit(link, end.entry.uid, None),))
