"""Which methods a `<Limit>` or `<LimitExcept>` speaks of.

Truth: ap_limit_section in server/core.c and ap_method_number_of in modules/http/http_protocol.c: HEAD counts as GET,
names are case-sensitive, and a method that nobody has registered has a bit of its own, which only LimitExcept can hold.
A name in `<Limit>` registers the method.
"""

from audit403.core.named_tuple import NamedTuple

#: Methods that are built into httpd; the others are registered by modules.
BUILT_IN = frozenset(
    (
        "GET", "HEAD", "PUT", "POST", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "PROPPATCH",
        "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "VERSION-CONTROL", "CHECKOUT", "UNCHECKOUT", "CHECKIN", "UPDATE",
        "LABEL", "REPORT", "MKWORKSPACE", "MKACTIVITY", "BASELINE-CONTROL", "MERGE",
    )
)  # fmt: skip
OF_DAV = frozenset(("BIND", "SEARCH"))
"""Methods that mod_dav registers when the configuration has been read."""
UNKNOWN_METHOD = "M_INVALID"
"""What stands for every method that nobody has registered."""


class Methods(NamedTuple):
    """Some methods, or with `inverted` all but these."""

    names: frozenset[str] = frozenset()
    inverted: bool = True

    def include(self, method: str) -> bool:
        """Whether a request's method is among them."""
        return (("GET" if method == "HEAD" else method) in self.names) != self.inverted

    def __or__(self, other: object) -> "Methods":
        """The methods of either."""
        assert isinstance(other, Methods)
        if self.inverted and other.inverted:
            return Methods(self.names & other.names)
        if self.inverted:
            return Methods(self.names - other.names)
        if other.inverted:
            return Methods(other.names - self.names)
        return Methods(self.names | other.names, False)

    def __and__(self, other: object) -> "Methods":
        """The methods of both, for a section inside another."""
        assert isinstance(other, Methods)
        either = Methods(self.names, not self.inverted) | Methods(other.names, not other.inverted)
        return Methods(either.names, not either.inverted)


ALL = Methods()
NONE = Methods(frozenset(), False)


def limited(names: list[str]) -> Methods:
    """The methods of `<Limit names…>`."""
    return Methods(frozenset("GET" if name == "HEAD" else name for name in names), False)


def limited_except(names: list[str]) -> Methods:
    """The methods of `<LimitExcept names…>`."""
    return Methods(limited(names).names)
