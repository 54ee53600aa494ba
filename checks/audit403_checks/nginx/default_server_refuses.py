"""A name that was plainly meant to be served falls to a default server that refuses."""

from collections.abc import Iterator
from functools import cache

from audit403.core.edit import TextEdit
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, NOTE, UNSAFE, WARNING, Finding, Fix
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.explore.subject import MEANT_NAMES, PURPOSE_OTHER_SOCKET, PURPOSE_WRITTEN_NAME
from audit403.nginx.explore.subject import Subject
from audit403.nginx.family import NginxSite
from audit403.nginx.model.address import IPV6
from audit403.nginx.model.model import Model
from audit403.nginx.model.server import Server, ServerName
from audit403.nginx.model.socket import Socket
from audit403.nginx.read.tree import Directive
from audit403_checks.host_names import is_beside, severity_of_twin
from audit403_checks.nginx.subjects import refusal_of
from audit403_checks.support import finding_of, insert_after

_NAME = "nginx/default-server-refuses"


@check(WARNING, "return", "access-rule", "missing-index")
def default_server_refuses(fact: Fact, site: Site) -> Iterator[Finding]:
    """The name beside a served one, one that is written as no request has it, or one that another socket serves."""
    found = refusal_of(fact)
    if found is None or found[1].purpose not in MEANT_NAMES or found[1].meant is None:
        return
    refusal, subject = found
    if not isinstance(site, NginxSite):
        return
    if subject.purpose == PURPOSE_WRITTEN_NAME:
        yield _written(refusal, found[1].meant)
    elif subject.purpose == PURPOSE_OTHER_SOCKET:
        yield _on_another_socket(refusal, subject, found[1].meant, site.model)
    else:
        yield _twin(refusal, found[1].meant, site.model)


def _twin(refusal: Refusal, meant: Server, model: Model) -> Finding:
    host = refusal.witness.host or ""
    severity = severity_of_twin(refusal, _names(model))
    served = next((name.text for name in meant.names if name.text and is_beside(name.text, host)), "")
    message = f"{host} has no server block of its own and falls to one that refuses; {served} is served"
    fixes = tuple(_add_name(name.directive, host) for name in meant.names[:1] if name.directive is not None)
    written = next((name.directive for name in meant.names if name.directive is not None), None)
    chain = () if written is None else (Because(written.span, f"names {served} and not {host}"),)
    return _finding(refusal, severity, message, fixes, chain)


@cache
def _names(model: Model) -> frozenset[str]:
    return frozenset(name.text for server in model.servers for name in server.names if name.text is not None)


def _written(refusal: Refusal, meant: Server) -> Finding:
    """A scheme, a port, a comma or a letter that no Host header has: nginx takes it and no request meets it."""
    from audit403.explore.host_names import as_sent

    host = refusal.witness.host or ""
    name = next((name for name in meant.names if name.text and as_sent(name.text) == host), meant.names[0])
    message = f"`server_name {name.source}` matches no request: {host} falls to a server that refuses"
    fix = _replace_name(name, host)
    finding = _finding(refusal, ERROR, message, () if fix is None else (fix,), ())
    return finding if name.directive is None else finding._replace(where=name.directive.span)


def _on_another_socket(refusal: Refusal, subject: Subject, meant: Server, model: Model) -> Finding:
    host, here = refusal.witness.host or "", subject.socket
    beside = _socket_beside(here, meant, model)
    if beside is None:
        message = f"{host} is redirected to https://{host}/, where no server block has it and the default one refuses"
        written = next((name.directive for name in meant.names if name.directive is not None), None)
        is_there = meant in here.servers and written is not None
        fix = Fix(f"give {host} a server block there", MANUAL)
        if is_there and written is not None:
            fix = _add_name(written, host)
        return _finding(refusal, ERROR, message, (fix,), ())
    message = f"{host} is served on {beside.listen.label()} and not on {here.listen.label()}, whose default refuses"
    listens = [one for one in meant.own.get("listen", ()) if one in [listen.directive for listen in beside.listens]]
    fixes = tuple(_listen_there(one, here) for one in listens[:1])
    chain = tuple(Because(one.span, f"does not take {_family(here)} clients") for one in listens[:1])
    severity = WARNING if _others_are_on_both(here, beside, meant) else NOTE
    return _finding(refusal, severity, message, fixes, chain)


def _finding(
    refusal: Refusal, severity: str, message: str, fixes: tuple[Fix, ...], chain: tuple[Because, ...]
) -> Finding:
    host = refusal.witness.host or ""
    finding = finding_of(_NAME, severity, message, refusal, fixes, anchor=host)
    return finding._replace(because=(*chain, *finding.because), who=f"every visitor of {host}")


def _socket_beside(here: Socket, meant: Server, model: Model) -> Socket | None:
    """The socket of the other family that serves it, same port and protocol."""
    for other in model.sockets_on(here.listen.port):
        is_beside = other.tls == here.tls and other.listen.family != here.listen.family
        if is_beside and meant in other.servers and meant not in here.servers:
            return other
    return None


def _others_are_on_both(here: Socket, beside: Socket, meant: Server) -> bool:
    """Whether another site than the default one is on both sockets: then this one was forgotten."""
    there = set(beside.servers)
    return any(other in there and other not in (meant, here.default) for other in here.servers)


def _add_name(directive: Directive, host: str) -> Fix:
    end = directive.arg_span(len(directive.args) - 1).end
    return Fix(f"add {host} to server_name", UNSAFE, (TextEdit(directive.source.path, end, end, f" {host}"),))


def _replace_name(name: ServerName, host: str) -> Fix | None:
    directive = name.directive
    if directive is None or name.source not in directive.args:
        return None
    span = directive.arg_span(directive.args.index(name.source))
    return Fix(f"write {host}", UNSAFE, (TextEdit(span.file, span.start, span.end, host),))


def _listen_there(directive: Directive, socket: Socket) -> Fix:
    text = (
        f"listen {'[::]:' if socket.listen.family == IPV6 else ''}{socket.listen.port}{' ssl' if socket.tls else ''};"
    )
    return Fix(f"add `{text}`", UNSAFE, (insert_after(directive, text),))


def _family(socket: Socket) -> str:
    return "IPv6" if socket.listen.family == IPV6 else "IPv4"
