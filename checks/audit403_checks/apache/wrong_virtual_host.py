"""A request for a name that a configuration means to serve is answered by another virtual host, which refuses."""

from collections.abc import Iterator

from audit403.apache.decide.choose_vhost import matches_wildcard
from audit403.apache.explore.doors import Doors, hosts_of, through
from audit403.apache.explore.subject import Subject
from audit403.apache.model.server import Server
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.decision import NOT_REFUSED
from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, UNSAFE, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.explore.host_names import as_sent
from audit403.explore.subject import MEANT_NAMES, PURPOSE_OTHER_SOCKET, PURPOSE_TAKEN_NAME, PURPOSE_WRITTEN_NAME
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.host_names import is_beside, severity_of_twin
from audit403_checks.support import finding_of, insert_after, insert_before, remove, replace

_NAME = "apache/wrong-virtual-host"


@check(ERROR, "require", "access-compat", "no-index", "rewrite-rule", "redirect-status")
def wrong_virtual_host(fact: Fact, site: Site) -> Iterator[Finding]:
    """A name that nobody has may be refused; one that a virtual host names, or is plainly beside one, is meant."""
    found = refusal_of(fact)
    if found is None or found[1].purpose not in MEANT_NAMES or not isinstance(site, ApacheSite):
        return
    refusal, subject = found
    meant = subject.meant
    if meant is None or not _serves(meant, refusal, site):
        return
    if subject.purpose == PURPOSE_TAKEN_NAME:
        yield _taken(refusal, subject, meant)
    elif subject.purpose == PURPOSE_WRITTEN_NAME:
        yield _written(refusal, meant)
    elif subject.purpose == PURPOSE_OTHER_SOCKET:
        yield _sent_on(refusal, meant)
    else:
        yield _twin(refusal, meant, site)


def _serves(meant: Server, refusal: Refusal, site: ApacheSite) -> bool:
    """Whether the virtual host that is meant lets the client in under a name that leads to it, where one does."""
    doors = Doors(site.model)
    for door in doors.of(meant):
        for host in hosts_of(meant):
            if doors.taken_by(door, host) is meant:
                return site.decide(through(refusal.witness, door._replace(host=host))).verdict == NOT_REFUSED
    return True


def _taken(refusal: Refusal, subject: Subject, meant: Server) -> Finding:
    """Httpd takes the first virtual host of an address that has a name; wildcards count like names."""
    host = refusal.witness.host or ""
    mine, theirs = _naming(meant, host), _naming(subject.server, host)
    label = subject.server.label()
    if theirs is None:
        message = f"{host} is named by a virtual host that never gets it: {label} answers, and refuses"
        return _finding(refusal, ERROR, message, (Fix("give the name to one virtual host alone", MANUAL),), mine, host)
    directive, word = theirs
    how = f"`{directive.written} {word}` of an earlier one takes it"
    message = f"{host} is named by a virtual host that never gets it: {how}, and refuses"
    fixes = (_before(meant, subject.server, host) if _is_wild(word) else _without(directive, word, host),)
    return _finding(refusal, ERROR, message, fixes, mine, host, (Because(directive.span, f"takes {host} first"),))


def _written(refusal: Refusal, meant: Server) -> Finding:
    """A port, a comma or a letter that no Host header has: httpd takes it and no request meets it."""
    host = refusal.witness.host or ""
    found = next((one for one in _words(meant) if as_sent(one[1]) == host), None)
    written = host if found is None else found[1]
    message = f"`{written}` matches no request: {host} falls to a virtual host that refuses"
    fix = Fix(f"write {host}", MANUAL) if found is None else _instead(*found, host)
    return _finding(refusal, ERROR, message, (fix,), found, host)


def _sent_on(refusal: Refusal, meant: Server) -> Finding:
    host = refusal.witness.host or ""
    message = f"{host} is redirected to HTTPS, where no virtual host has it and the first one refuses"
    is_there = any(at.port in (0, refusal.witness.port) for at in meant.addresses)
    fix = _also(meant, host) if is_there else Fix(f"give {host} a virtual host there", MANUAL)
    return _finding(refusal, ERROR, message, (fix,), next(_words(meant), None), host)


def _twin(refusal: Refusal, meant: Server, site: ApacheSite) -> Finding:
    host = refusal.witness.host or ""
    severity = severity_of_twin(refusal, (word for server in site.model.servers for _, word in _words(server)))
    found = next((one for one in _words(meant) if is_beside(one[1], host)), None)
    served = meant.first_name() if found is None else found[1]
    message = f"{host} has no virtual host of its own and falls to one that refuses; {served} is served"
    return _finding(refusal, severity, message, (_also(meant, host),), found, host)


def _finding(
    refusal: Refusal,
    severity: str,
    message: str,
    fixes: tuple[Fix, ...],
    named: tuple[Directive, str] | None,
    host: str,
    more: tuple[Because, ...] = (),
) -> Finding:
    chain = more if named is None else (Because(named[0].span, f"names {named[1]}"), *more)
    finding = finding_of(_NAME, severity, message, refusal, fixes, anchor=host)
    because = (*chain, *finding.because)
    where = chain[-1].where if chain else finding.where
    return finding._replace(where=where, because=because, who=f"every visitor of {host}")


def _words(server: Server) -> Iterator[tuple[Directive, str]]:
    """Each name that is written in a virtual host, and where."""
    for directive in () if server.directive is None else server.directive.block or ():
        if directive.name in ("servername", "serveralias"):
            for word in directive.args:
                yield directive, word


def _naming(server: Server, host: str) -> tuple[Directive, str] | None:
    """The name or wildcard by which a virtual host takes a host."""
    for directive, word in _words(server):
        name = word.rpartition("://")[2].partition(":")[0] if directive.name == "servername" else word
        if matches_wildcard(name, host):
            return directive, word
    return None


def _also(meant: Server, host: str) -> Fix:
    named = next(_words(meant), None)
    if named is None:
        return Fix(f"add `ServerAlias {host}`", MANUAL)
    return Fix(f"add `ServerAlias {host}`", UNSAFE, (insert_after(named[0], f"ServerAlias {host}"),))


def _instead(directive: Directive, word: str, host: str) -> Fix:
    return Fix(f"write {host}", UNSAFE, (replace(directive.arg_span(directive.args.index(word)), host),))


def _without(directive: Directive, word: str, host: str) -> Fix:
    """The earlier virtual host without the name, or with one that nobody asks for."""
    if directive.name == "servername":
        edit = replace(directive.arg_span(0), "localhost")
        return Fix(f"give the earlier virtual host another name than {host}", UNSAFE, (edit,))
    if len(directive.args) == 1:
        return Fix(f"take {host} out of the earlier virtual host", UNSAFE, (remove(directive),))
    index = directive.args.index(word)
    before = directive.arg_span(index - 1).end if index else directive.name_span.end
    edit = TextEdit(directive.source.path, before, directive.arg_span(index).end, "")
    return Fix(f"take {host} out of the earlier virtual host", UNSAFE, (edit,))


def _is_wild(word: str) -> bool:
    return "*" in word or "?" in word


def _before(meant: Server, other: Server, host: str) -> Fix:
    """The virtual host in front of the one with the wildcard."""
    summary = f"put the virtual host of {host} before the one with the wildcard"
    block, there = meant.directive, other.directive
    if block is None or there is None or block.source is not there.source or block.parent is not there.parent:
        return Fix(summary, MANUAL)
    data, span = block.source.data, block.full_span
    indent = data[data.rfind(b"\n", 0, span.start) + 1 : span.start].decode("latin-1")
    text = data[span.start : span.end].decode("utf-8", "surrogateescape").replace(f"\n{indent}", "\n")
    return Fix(summary, UNSAFE, (insert_before(there, text), remove(block)))
