"""The requests that visitors make: what the browser of somebody on the internet brings, and what it does not.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from audit403.core.named_tuple import NamedTuple

VISITOR, VISITOR_BY_IPV6 = "203.0.113.9", "2001:db8::9"
#: A page that no bucket has.
NO_SUCH_KEY = "audit403-no-such-page.html"
#: A folder below the root that no bucket has.
NO_SUCH_FOLDER = "audit403-folder/"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


class Profile(NamedTuple):
    """A kind of request: its name, in words, and what it brings for conditions; all else is absent from it."""

    name: str
    words: str
    principal: str
    secure: bool
    website: bool
    client: str
    headers: tuple[tuple[str, str], ...] = ()
    context: tuple[tuple[str, str], ...] = ()


ANONYMOUS = Profile("anonymous-https", "every visitor", "anonymous", True, False, VISITOR, (("user-agent", BROWSER),))
WEBSITE = ANONYMOUS._replace(name="website", words="every visitor of the website", secure=False, website=True)
BY_HTTP = ANONYMOUS._replace(name="anonymous-http", words="everybody by plain HTTP", secure=False)
BY_IPV6 = ANONYMOUS._replace(name="anonymous-ipv6", words="everybody by IPv6", client=VISITOR_BY_IPV6)


def cloudfront(distribution: str) -> Profile:
    """CloudFront with origin access control: the service asks, for one of its distributions."""
    account = distribution.split(":")[4] if distribution.count(":") >= 5 else ""
    context = (("aws:SourceArn", distribution), *((("aws:SourceAccount", account),) if account else ()))
    return Profile(
        "cloudfront-oac",
        "everybody through CloudFront",
        "cloudfront.amazonaws.com",
        True,
        False,
        "130.176.0.1",
        (),
        context,
    )


def signed(principal: str, context: tuple[tuple[str, str], ...] = ()) -> Profile:
    """Somebody who signs."""
    return Profile("signed", principal, principal, True, False, VISITOR, (), context)
