"""A grant for a deeper or more special place that never counts: what stands outside of it has the last word."""

from collections.abc import Iterator

from audit403.apache.decide.authz import leaves
from audit403.apache.explore.audience import audience, named_networks
from audit403.apache.explore.doors import Doors, from_client
from audit403.apache.explore.layers import Layer, layers_of
from audit403.apache.explore.mounts import mounts_of
from audit403.apache.explore.subject import Subject
from audit403.apache.model.authz import AND, AUTHZ_CORE, AuthzConfig, Container
from audit403.apache.model.section import DIRECTORY, FILES, LOCATION
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, UNSAFE, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.explore.borders import inside
from audit403_checks.apache.asked import as_each_is_asked
from audit403_checks.apache.requirements import grants_all, have_none_in_common, networks_of, only_denies
from audit403_checks.apache.subjects import is_answered, refusal_of
from audit403_checks.apache.void_grants import Void, void_grant
from audit403_checks.support import finding_of, remove, replace

_NAME = "apache/inner-grant-void"


@check(ERROR, "require")
def inner_grant_void(fact: Fact, site: Site) -> Iterator[Finding]:
    """Who grants access to a part of what is closed around it means that part to be open."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite):
        return
    refusal, subject = found
    told: dict[Directive, tuple[bool, Finding]] = {}
    for one, about in as_each_is_asked(refusal, subject, site) if _may_be_overruled(refusal, subject) else ():
        if "/." in one.witness.target:
            continue  # what is hidden is refused whatever is granted
        void = _merged(one, about, site) or _overruled(one, about, site)
        if void is not None:
            grant, finding = void
            answered = is_answered(about)
            if grant not in told or (answered and not told[grant][0]):
                told[grant] = answered, finding
    yield from (finding for _, finding in told.values())


def _may_be_overruled(refusal: Refusal, subject: Subject) -> bool:
    """Whether a grant may be in effect beside what refuses; in plain directories the deepest one counts."""
    root = subject.authz.root
    lines = [] if root is None or root.is_merged else leaves(root)
    around = next((leaf.directive for leaf in lines if leaf.directive.span == refusal.where), None)
    if around is None or _asks_for_both_somewhere(subject):
        return True
    while not around.name.startswith(("<directory", "<files", "<location")):
        if around.parent is None:
            return False
        around = around.parent
    return around.name != "<directory" or around.args[:1] == ["~"]


def _asks_for_both_somewhere(subject: Subject) -> bool:
    """Whether a section or an `.htaccess` says `AuthMerging And`."""
    sections = (*subject.server.sections[DIRECTORY], *subject.server.sections[LOCATION])
    said: list[AuthzConfig | None] = [section.per_dir.get(AUTHZ_CORE) for section in sections]
    if any(one is not None and one.merging == AND for one in said):
        return True
    files = subject.exchange.evaluator.access_files.sources().values()
    return any(b"authmerging" in file.source.data.lower() for file in files)


def _merged(refusal: Refusal, subject: Subject, site: ApacheSite) -> tuple[Directive, Finding] | None:
    """`AuthMerging And` where nobody can meet what stands outside and what stands inside."""
    root, directive = subject.authz.root, subject.authz.merging_directive
    if directive is None or root is None or not root.is_merged or root.op != AND:
        return None
    outer, inner = root.children
    if not isinstance(outer, Container) or not isinstance(inner, Container) or only_denies(inner):
        return None
    if not any(leaf.directive.span == refusal.where for leaf in leaves(outer)):
        return None
    lists = networks_of(outer), networks_of(inner)
    granted, closed = leaves(inner)[0].directive, leaves(outer)[0].directive
    if only_denies(outer):
        summary = f"remove `{_text(directive)}`: the inner section then replaces the outer one"
        fix = Fix(summary, UNSAFE, (remove(directive),))
    elif all(lists) and have_none_in_common(*lists):
        fix = Fix(
            "let in whom either of the two lists names", UNSAFE, (replace(directive.span, f"{directive.written} Or"),)
        )
    else:
        return None
    doors = Doors(site.model).of(subject.server)
    clients = (from_client(refusal.witness, inside(network), doors) for network in lists[1])
    for request in (*(one for one in clients if one is not None), refusal.witness):
        decision = site.decide(request)
        if any(leaf.directive.span == decision.where for leaf in leaves(outer)):
            message = (
                f"`{_text(granted)}` lets nobody in: `{_text(directive)}` asks for `{_text(closed)}` outside as well"
            )
            chain = (Because(directive.span, "asks for both"), *decision.because)
            about = refusal._replace(where=directive.span, witness=request, decision=decision, because=chain)
            return granted, finding_of(_NAME, ERROR, message, about, (fix,), anchor=_text(granted))
    return None


def _overruled(refusal: Refusal, subject: Subject, site: ApacheSite) -> tuple[Directive, Finding] | None:
    """A section laid over the one that grants."""
    layers = layers_of(subject, refusal.decision)
    last = layers[-1] if len(layers) > 1 else None
    if last is None or last.section is None or last.section.kind not in (DIRECTORY, FILES, LOCATION):
        return None
    grant = grants_all(layers[-2].root)
    if grant is None or not any(leaf.directive.span == refusal.where for leaf in leaves(last.root)):
        return None
    void = void_grant(layers, grant, mounts_of(subject.exchange.evaluator, subject.server), subject)
    if void is None:
        return None
    doors = Doors(site.model).of(subject.server)
    if refusal.who == "every client" and audience(site, refusal.witness, doors, named_networks(subject)).let_in:
        refusal = refusal._replace(who=f"clients such as {refusal.witness.client}")
    return grant.directive, _finding(refusal, layers[-2], void, grant.directive)


def _finding(refusal: Refusal, layer: Layer, void: Void, grant: Directive) -> Finding:
    message = f"`{_text(grant)}` of {layer.label()} never counts: {void.why}"
    about = refusal._replace(because=(*refusal.because, Because(grant.span, "grants access, and is overruled")))
    return finding_of(_NAME, void.severity, message, about, (void.fix,), anchor=layer.label())


def _text(directive: Directive) -> str:
    return f"{directive.written} {directive.raw}".strip()
