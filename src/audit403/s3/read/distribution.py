"""A CloudFront distribution in a state: which of its origins are buckets, and as whom it asks them.

Truth: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html.
"""

import re
from typing import Any

from audit403.core.named_tuple import NamedTuple

_WEBSITE = re.compile(r"(?:https?://)?(.+)\.s3-website[.-].*\Z")
_REST = re.compile(r"(.+)\.s3(?:[.-].*)?\.amazonaws\.com(?:\.cn)?\Z")


class Origin(NamedTuple):
    """One origin: `identity` is the principal of an OAI, `control` how an OAC signs ({} where that is not known)."""

    id: str
    domain: str
    path: str
    identity: str | None
    control: dict[str, Any] | None


def distribution(id_: str, aliases: list[str], root_object: str | None, origins: list[Origin]) -> dict[str, Any]:
    """What a state says of a distribution."""
    return {
        "id": id_,
        "aliases": aliases,
        "default_root_object": root_object,
        "origins": [_stated(origin) for origin in origins],
    }


def _stated(origin: Origin) -> dict[str, Any]:
    website, rest = _WEBSITE.match(origin.domain), _REST.match(origin.domain)
    found = website or rest
    return {
        "id": origin.id,
        "domain": origin.domain,
        "bucket": found[1] if found else None,
        "endpoint": "website" if website else "rest" if rest else "other",
        "path": origin.path,
        "access_identity": origin.identity,
        "access_control": origin.control,
    }
