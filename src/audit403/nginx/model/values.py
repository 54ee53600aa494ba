"""Values that nginx refuses at its start: variables badly spelt, networks of allow and deny, ports of listen.

Which directives compile a value is known from `nginx -t` of 1.22.1; those of the rewrite module, map and the like are
compiled, and checked, where they are built.
"""

from collections.abc import Iterator

from audit403.nginx.model.address import parse_network
from audit403.nginx.model.context import Context
from audit403.nginx.model.template import InvalidTemplate, checked_template
from audit403.nginx.read.tree import Directive

#: Directives with values, and which of their arguments are values.
_ALL, _FIRST, _SECOND, _LAST = slice(None), slice(0, 1), slice(1, 2), slice(-1, None)
_VALUES = {
    "root": _FIRST, "alias": _FIRST, "try_files": _ALL, "index": _ALL, "auth_basic": _FIRST,
    "auth_basic_user_file": _FIRST, "error_page": _LAST, "proxy_pass": _FIRST, "fastcgi_pass": _FIRST,
    "uwsgi_pass": _FIRST, "scgi_pass": _FIRST, "grpc_pass": _FIRST, "proxy_method": _FIRST, "secure_link": _FIRST,
    "secure_link_md5": _FIRST, "auth_request_set": _SECOND, "add_header": _SECOND, "proxy_set_header": _SECOND,
    "fastcgi_param": _SECOND, "access_log": _FIRST, "limit_rate": _FIRST, "disable_symlinks": _SECOND,
    "limit_req_zone": _FIRST, "limit_conn_zone": _FIRST,
}  # fmt: skip
_NAMES = frozenset(_VALUES)


def refused_values(context: Context) -> Iterator[tuple[Directive, str]]:
    """The directives of one level that nginx would not take for such a value, each with nginx's words."""
    for name in ("allow", "deny"):
        for directive in context.own.get(name, ()):
            network = directive.args[0] if directive.args else "all"
            if network != "all" and parse_network(network) is None:
                yield directive, f'invalid parameter "{network}"'
    for directive in context.own.get("listen", ()):
        port = directive.args[0] if directive.args else ""
        if port.isascii() and port.isdigit() and not 0 < int(port) < 65_536:
            yield directive, f'invalid port in "{port}" of the "listen" directive'
    for name in _NAMES & context.own.keys():
        for directive in context.own[name]:
            for value in directive.args[_VALUES[name]]:
                if "$" not in value:
                    continue
                try:
                    checked_template(value)
                except InvalidTemplate as error:
                    yield directive, str(error)
                    break
