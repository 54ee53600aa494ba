"""A bucket's website configuration: index, error page, routing rules, redirects.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketWebsite.html
"""

import re
from typing import Any

from audit403.core.named_tuple import NamedTuple


class RoutingRule(NamedTuple):
    """A rule that redirects: of keys that begin with `prefix`, or of answers with the status `error`."""

    prefix: str | None
    error: int | None
    status: int


class Website(NamedTuple):
    """The configuration; with `redirects_all` nothing else counts."""

    suffix: str | None
    error: str | None
    rules: tuple[RoutingRule, ...]
    redirects_all: bool


def website_of(written: Any) -> Website | None:
    """What the API, Terraform or a state says; None where there is no website."""
    if not isinstance(written, dict):
        return Website("index.html", None, (), False) if written is True else None
    fields = _plain(written)
    rules = fields.get("routingrules", fields.get("routingrule"))
    return Website(
        _inner(fields.get("indexdocument", fields.get("index")), "suffix"),
        _inner(fields.get("errordocument", fields.get("error")), "key"),
        tuple(_rule(each) for each in rules if isinstance(each, dict)) if isinstance(rules, list) else (),
        fields.get("redirectallrequeststo") is not None,
    )


def _plain(written: dict[str, Any]) -> dict[str, Any]:
    return {str(key).lower().replace("_", ""): value for key, value in written.items()}


def _inner(value: Any, name: str) -> str | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = _plain(value).get(name)
    return value if isinstance(value, str) and value else None


def _rule(written: dict[str, Any]) -> RoutingRule:
    fields = _plain(written)
    condition = fields.get("condition")
    of = _plain(condition) if isinstance(condition, dict) else {}
    redirect = fields.get("redirect")
    status = _plain(redirect).get("httpredirectcode") if isinstance(redirect, dict) else None
    prefix, error = of.get("keyprefixequals"), of.get("httperrorcodereturnedequals")
    return RoutingRule(
        prefix if isinstance(prefix, str) else None,
        _status(error),
        _status(status) or 301,
    )


def _status(value: Any) -> int | None:
    return int(value) if re.match(r"[1-5]\d\d\Z", str(value)) else None
