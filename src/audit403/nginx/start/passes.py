"""Handing a request on: `proxy_pass` and its like, and what is rewritten in the answers.

Truth: ngx_http_upstream_add and ngx_http_upstream_init_round_robin; the set handlers of ngx_http_proxy_module.c and of
the modules like it.
"""

from audit403.http.regex import InvalidRegex, compile_regex
from audit403.nginx.model.address import UNIX
from audit403.nginx.model.faulty import NAME
from audit403.nginx.model.url import InvalidUrl, Url, is_no_host, parse_url
from audit403.nginx.read.tree import Directive
from audit403.nginx.start.check import Start
from audit403.nginx.start.level import IF, LIMIT_EXCEPT, Level

_URI = (
    '"proxy_pass" cannot have URI part in location given by regular expression, or inside named location, '
    'or inside "if" statement, or inside "limit_except" block'
)
#: The prefixes that are cut off, with the ports that they stand for.
_SCHEMES = {
    "proxy_pass": (("http://", 80), ("https://", 443)),
    "grpc_pass": (("grpc://", 0), ("grpcs://", 0)),
    "uwsgi_pass": (("uwsgi://", 0), ("suwsgi://", 0)),
}


class Upstream:
    """One upstream: a block, or what a `*_pass` names (then `block` is false)."""

    __slots__ = ("block", "directive", "has_port", "host", "literal", "port", "unix")

    def __init__(self, directive: Directive, host: str, port: int = 0, has_port: bool = False) -> None:
        self.directive = directive
        self.host = host
        self.port = port
        self.has_port = has_port
        #: An address, and no name.
        self.literal = False
        self.unix = False
        self.block = False

    @classmethod
    def of(cls, directive: Directive, url: Url) -> "Upstream":
        """What an address names."""
        upstream = cls(directive, url.host, url.port, url.has_port)
        upstream.literal = url.address is not None
        upstream.unix = url.family == UNIX
        return upstream


def handed_on(start: Start, level: Level, directive: Directive) -> None:
    """`proxy_pass`, `fastcgi_pass`, `uwsgi_pass`, `scgi_pass`, `grpc_pass` and `memcached_pass`."""
    name = directive.name
    if name in level.given:
        start.duplicate(directive)
        return
    level.given[name] = directive
    text = directive.args[0]
    if name == "memcached_pass":
        start.space.variables.use("memcached_key", directive, NAME)
    elif "$" in text:
        start.text(directive, 0)
        return
    scheme = next((scheme for scheme in _SCHEMES.get(name, ()) if text[: len(scheme[0])].lower() == scheme[0]), None)
    if scheme is None and name == "proxy_pass":
        start.refuse(directive, "invalid URL prefix", 0)
        return
    rest = text if scheme is None else text[len(scheme[0]) :]
    try:
        url = parse_url(rest, 0 if scheme is None else scheme[1], with_uri=name == "proxy_pass")
    except InvalidUrl as error:
        start.refuse(directive, f'{error} in upstream "{rest}"', 0)
        return
    add_upstream(start, Upstream.of(directive, url))
    no_uri = level.kind in (IF, LIMIT_EXCEPT) or level.modifier in ("~", "~*", "@")
    if name == "proxy_pass" and url.uri and no_uri:
        start.refuse(directive, _URI, 0)


def add_upstream(start: Start, new: Upstream) -> None:
    """Put an upstream to the others; what it contradicts is said."""
    if not start.space.upstreams:
        start.at_end.append(lambda: _check_upstreams(start))
    known = start.space.upstreams.setdefault(new.host.lower(), [])
    for other in known:
        if new.block and other.block:
            start.refuse(new.directive, f'duplicate upstream "{new.host}"', 0, dropped=False)
            return
        if other.block and new.has_port:
            start.refuse(new.directive, f'upstream "{new.host}" may not have port {new.port}', 0)
            return
        if new.block and other.has_port:
            start.refuse(other.directive, f'upstream "{new.host}" may not have port {other.port}', 0)
            return
        if other.port and new.port and other.port != new.port:
            continue
        if new.block:
            other.block, other.port = True, 0
        return
    known.append(new)


def _check_upstreams(start: Start) -> None:
    """Names without a block, which nginx looks up in DNS."""
    for upstreams in start.space.upstreams.values():
        for upstream in upstreams:
            if upstream.block or upstream.unix or not (start.complete or upstream.literal):
                continue
            if not upstream.port:
                start.refuse(upstream.directive, f'no port in upstream "{upstream.host}"', 0)
            elif not upstream.literal and is_no_host(upstream.host):
                start.refuse(upstream.directive, f'host not found in upstream "{upstream.host}"', 0)


def proxy_redirect(start: Start, level: Level, directive: Directive) -> None:
    """`proxy_redirect`: rules, or the default one behind `proxy_pass`, or `off` and nothing else."""
    alone = len(directive.args) == 1
    word = directive.args[0]
    if not _one_or_off(start, level, directive, "proxy_redirect"):
        return
    if alone and word == "off":
        return
    if alone and word != "default":
        start.refuse(directive, f'invalid parameter "{word}"', 0)
        return
    if alone:
        target = level.given.get("proxy_pass")
        if target is None:
            message = '"proxy_redirect default" should be placed after the "proxy_pass" directive'
            start.refuse(directive, message, 0)
        elif "$" in target.args[0]:
            message = '"proxy_redirect default" cannot be used with "proxy_pass" directive with variables'
            start.refuse(directive, message, 0)
        return
    if word.startswith("~"):
        caseless = word.startswith("~*")
        if not start.regex(directive, 0, word[2:] if caseless else word[1:], caseless):
            return
    elif not start.text(directive, 0):
        return
    start.text(directive, 1)


def cookie_rule(start: Start, level: Level, directive: Directive) -> None:
    """`proxy_cookie_domain`, `proxy_cookie_path` and `proxy_cookie_flags`."""
    name = directive.name
    word = directive.args[0]
    if not _one_or_off(start, level, directive, name) or word == "off" == directive.args[-1]:
        return
    if len(directive.args) == 1:
        start.refuse(directive, f'invalid parameter "{word}"', 0)
        return
    if word.startswith("~"):
        caseless = name != "proxy_cookie_path" or word.startswith("~*")
        skipped = 2 if name == "proxy_cookie_path" and caseless else 1
        if not start.regex(directive, 0, word[skipped:], caseless):
            return
    elif not start.text(directive, 0):
        return
    for index in range(1, len(directive.args)):
        start.text(directive, index)


def _one_or_off(start: Start, level: Level, directive: Directive, name: str) -> bool:
    """Whether `off` stands alone; any number of others goes."""
    switched_off = directive.args == ["off"]
    earlier = level.given.get(name)
    if earlier is not None and (switched_off or earlier.args == ["off"]):
        start.duplicate(directive)
        return False
    level.given.setdefault(name, directive)
    return True


def mirror(start: Start, level: Level, directive: Directive) -> None:
    """`mirror`: URIs, or `off` and nothing else."""
    _one_or_off(start, level, directive, "mirror")


def fastcgi_split_path_info(start: Start, level: Level, directive: Directive) -> None:
    """A pattern with two groups."""
    try:
        regex = compile_regex(directive.args[0])
    except InvalidRegex as error:
        start.refuse(directive, str(error), 0)
        return
    if regex.group_count != 2:
        start.refuse(directive, f'pattern "{directive.args[0]}" must have 2 captures', 0)
