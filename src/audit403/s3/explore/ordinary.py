"""The requests that visitors make: what the browser of somebody on the internet brings, and what it does not.

The ways in which requests come are those of decide/profile.py; here each has what is sent, and words for people.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from audit403.core.named_tuple import NamedTuple
from audit403.s3.decide.profile import (
    ANONYMOUS_HTTP,
    ANONYMOUS_HTTPS,
    CLOUDFRONT,
    OAC,
    OAI,
    OF_CLOUDFRONT,
    OF_ROLE,
    PRESIGNED,
    VPCE,
    profile_of,
)
from audit403.s3.decide.request import WEBSITE as WEBSITE_ENDPOINT
from audit403.s3.model.caller import ANONYMOUS as ANYBODY

VISITOR, VISITOR_BY_IPV6 = "203.0.113.9", "2001:db8::9"
#: A page that no bucket has.
NO_SUCH_KEY = "audit403-no-such-page.html"
#: A folder below the root that no bucket has.
NO_SUCH_FOLDER = "audit403-folder/"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


class Profile(NamedTuple):
    """A kind of request: its name, in words, and what it brings for conditions; all else is absent from it.

    `way` is the whole name of the way in which it comes, where that says more of what it brings.
    """

    name: str
    words: str
    principal: str
    secure: bool
    website: bool
    client: str
    headers: tuple[tuple[str, str], ...] = ()
    context: tuple[tuple[str, str], ...] = ()
    way: str | None = None


_WORDS = {
    ANONYMOUS_HTTPS: "every visitor",
    ANONYMOUS_HTTP: "everybody by plain HTTP",
    WEBSITE_ENDPOINT: "every visitor of the website",
    OAC: "everybody through CloudFront",
    OAI: "everybody through CloudFront",
    OF_ROLE: "{}",
    VPCE: "everybody through the VPC endpoint {}",
    PRESIGNED: "everybody with a URL that {} has signed",
}


def visitor(name: str) -> Profile:
    """The requests of a named profile. Raises BadUsage for a name that is none."""
    way = profile_of(name)
    words = _WORDS[way.kind].format(way.principal if way.kind == PRESIGNED else way.about)
    headers = (("user-agent", BROWSER),) if way.principal == ANYBODY else ()
    website, secure = way.endpoint == WEBSITE_ENDPOINT, way.secure is not False
    whole = name if name != way.kind else None
    return Profile(way.kind, words, way.principal, secure, website, VISITOR, headers, (), whole)


ANONYMOUS, BY_HTTP, WEBSITE = visitor(ANONYMOUS_HTTPS), visitor(ANONYMOUS_HTTP), visitor(WEBSITE_ENDPOINT)
BY_IPV6 = ANONYMOUS._replace(name="anonymous-ipv6", words="everybody by IPv6", client=VISITOR_BY_IPV6)


def cloudfront(distribution: str) -> Profile:
    """CloudFront with origin access control: the service asks, for one of its distributions."""
    account = distribution.split(":")[4] if distribution.count(":") >= 5 else ""
    context = (("aws:SourceArn", distribution), *((("aws:SourceAccount", account),) if account else ()))
    return Profile(OAC, _WORDS[OAC], CLOUDFRONT, True, False, OF_CLOUDFRONT, (), context)


def signed(principal: str, context: tuple[tuple[str, str], ...] = ()) -> Profile:
    """Somebody who signs."""
    return Profile("signed", principal, principal, True, False, VISITOR, (), context)
