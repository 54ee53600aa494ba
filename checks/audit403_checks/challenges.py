"""Whether a certificate authority asks a server for `/.well-known/acme-challenge/` at all (RFC 8555, section 8.3)."""

from audit403.core.decision import REFUSED
from audit403.core.family import Site
from audit403.core.request import Request
from audit403.explore.ordinary import CLIENT_IPV4, CLIENT_IPV6, PROBE

_REDIRECTS = (301, 302, 303, 307, 308)


def is_asked(site: Site, challenge: Request) -> bool:
    """Whether the authority's request comes here: it begins at port 80, goes on to TLS only when it is redirected, and
    asks from the internet, from where a server that is for a few networks does not serve anything.
    """
    client = CLIENT_IPV6 if ":" in challenge.client else CLIENT_IPV4
    if challenge.client != client:
        return False
    if site.decide(challenge._replace(target=f"/{PROBE}")).verdict == REFUSED:
        return False
    if challenge.scheme == "http":
        return True
    return site.decide(challenge._replace(scheme="http", port=80, tls=None, to=None)).status in _REDIRECTS
