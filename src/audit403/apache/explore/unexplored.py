"""What exploration did not get to: directives that refuse and that no request has met."""

from collections.abc import Iterator

from audit403.apache.explore.mounts import Mount, url_of
from audit403.apache.explore.search import Search
from audit403.apache.explore.trail import inner_sections
from audit403.apache.model.access_compat import ACCESS_COMPAT, FROM_ALL, AccessCompatConfig
from audit403.apache.model.aliases import ALIAS, AliasConfig, AliasServer
from audit403.apache.model.authz import AUTHZ_CORE, AuthzConfig, Container, Requirement
from audit403.apache.model.per_dir import PerDir
from audit403.apache.model.rewrite import REWRITE, RewriteConfig, RewriteServer
from audit403.apache.model.rewrite_rule import STATUS
from audit403.apache.model.section import DIRECTORY, FILES, LOCATION, Section
from audit403.apache.model.server import Server
from audit403.apache.read.tree import Directive
from audit403.core.family import NotAudited
from audit403.core.place import ASSUMED


class Unmet:
    """Gathers the directives that refuse and that no request has met: in no server, where several have them."""

    def __init__(self) -> None:
        self._unmet: dict[Directive, str] = {}
        self._met: set[Directive] = set()

    def note(self, server: Server, search: Search, mounts: list[Mount]) -> None:
        """Take in what a server was found to do."""
        refused = {where for _, where in search.ends}
        rewriting: RewriteServer = server.slots.get(REWRITE, RewriteServer())
        rules = rewriting.rules if rewriting.engine else ()
        aliases: AliasServer = server.slots.get(ALIAS, AliasServer())
        refusing = [rule.directive for rule in rules if rule.has(STATUS) and rule.status == 403]
        refusing += [mapping.directive for mapping in aliases.redirects if mapping.status == 403]
        for directive in refusing:
            self._note(directive, directive.span in refused, "no request was found that it refuses")
        for section in _every(server, mounts):
            if _refuses(section.per_dir):
                is_met = search.has_met(section.directive.span)
                self._note(section.directive, is_met, "no request was found that comes to it")

    def _note(self, directive: Directive, is_met: bool, reason: str) -> None:
        if is_met:
            self._met.add(directive)
        else:
            self._unmet.setdefault(directive, reason)

    def missed(self) -> Iterator[NotAudited]:
        """What was gathered."""
        for directive, reason in self._unmet.items():
            if directive not in self._met and directive.source.path != ASSUMED:
                words = f"{directive.written} {directive.raw}".strip()
                closing = ">" if directive.name.startswith("<") else ""
                yield NotAudited(f"{directive.source.path}:{directive.line}", f"`{words}{closing}`: {reason}")


def _every(server: Server, mounts: list[Mount]) -> Iterator[Section]:
    """The sections that requests may come to."""
    # What every request for a file would meet is no matter of a server that has none for anybody: that one proxies all.
    outermost = (one for one in inner_sections(server.lookup_defaults) if one.kind != FILES)
    pending: list[Section] = [*outermost, *server.sections[LOCATION]]
    plain = (one for one in server.sections[DIRECTORY] if one.regex is None and not one.is_pattern)
    pending += (one for one in plain if url_of(mounts, one.text.rstrip("/")) is not None)
    while pending:
        section = pending.pop()
        yield section
        pending += inner_sections(section.per_dir)


def _refuses(per_dir: PerDir) -> bool:
    """Whether something in a section refuses whoever comes."""
    authz: AuthzConfig | None = per_dir.get(AUTHZ_CORE)
    if authz is not None and authz.root is not None and any(map(_denies, _leaves(authz.root))):
        return True
    access: AccessCompatConfig | None = per_dir.get(ACCESS_COMPAT)
    if access is not None and any(place.kind == FROM_ALL for place in access.denies):
        return True
    rewriting: RewriteConfig | None = per_dir.get(REWRITE)
    if rewriting is not None and any(rule.has(STATUS) and rule.status == 403 for rule in rewriting.rules):
        return True
    aliases: AliasConfig | None = per_dir.get(ALIAS)
    return aliases is not None and any(one.status == 403 for one in aliases.redirects)


def _leaves(node: Requirement | Container) -> Iterator[Requirement]:
    if isinstance(node, Requirement):
        yield node
    else:
        for child in node.children:
            yield from _leaves(child)


def _denies(requirement: Requirement) -> bool:
    return requirement.provider == "all" and requirement.argument.lower() == "denied" and not requirement.negate
