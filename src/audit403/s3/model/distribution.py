"""CloudFront distributions, as far as they decide about requests to a bucket behind them.

Truth: https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_DistributionConfig.html; the state's own, shorter
words are in docs/s3.md.
"""

import re
from typing import Any

from audit403.core.decision import REASON_NOT_COLLECTED, Missing
from audit403.core.named_tuple import NamedTuple

NO_ACCESS, BY_OAC, BY_OAI = "none", "oac", "oai"
ALWAYS, NEVER, NO_OVERRIDE = "always", "never", "no-override"
_ARN = re.compile(r"arn:[^:]+:cloudfront::\d{12}:distribution/[^/]+\Z")


class Origin(NamedTuple):
    """One origin: `access` is none, oac or oai, `identity` the OAI's id, `signing` how an OAC signs."""

    name: str
    domain: str
    path: str
    access: str
    identity: str | None
    signing: str
    headers: tuple[tuple[str, str], ...]


class Behaviour(NamedTuple):
    """One cache behaviour; what was not collected is Missing. `rewrites`: functions may change what is asked for."""

    pattern: str
    origin: str
    methods: tuple[str, ...] | Missing
    viewers: str
    signed_only: bool | Missing
    forwards_host: bool | Missing
    rewrites: bool | Missing


class ErrorResponse(NamedTuple):
    """What viewers get for a status of the origin: a page, with another status."""

    code: int | None
    status: int | None
    page: str | None


class Distribution(NamedTuple):
    """One distribution; its default behaviour is the last."""

    identifier: str
    arn: str | Missing
    names: tuple[str, ...]
    origins: tuple[Origin, ...]
    behaviours: tuple[Behaviour, ...]
    root: str | Missing | None
    errors: tuple[ErrorResponse, ...] | Missing
    geo: tuple[str, tuple[str, ...]] | Missing


def distributions_of(written: Any) -> tuple[Distribution, ...]:
    """Those of a state, by their ids."""
    if not isinstance(written, dict):
        return ()
    return tuple(_distribution(str(name), one) for name, one in written.items() if isinstance(one, dict))


def _distribution(name: str, written: dict[str, Any]) -> Distribution:
    what = f"of the distribution {name}"
    origins = tuple(_origin(one) for one in _list(written.get("origins")))
    behaviours = tuple(_behaviour(one, what) for one in _list(written.get("behaviours")))
    arn = written.get("arn")
    found: str | Missing = Missing(REASON_NOT_COLLECTED, f"the ARN {what}")
    if isinstance(arn, str) and _ARN.match(arn):
        found = arn
    elif isinstance(written.get("account"), str):
        found = f"arn:aws:cloudfront::{written['account']}:distribution/{name}"
    errors: tuple[ErrorResponse, ...] | Missing = _missing(f"the custom error responses {what}")
    if "custom_error_responses" in written:
        errors = tuple(_error(one) for one in _list(written["custom_error_responses"]))
    geo: tuple[str, tuple[str, ...]] | Missing = _missing(f"the geo restriction {what}")
    if "geo_restriction" in written:
        rule = written["geo_restriction"]
        kind = rule.get("type", "none") if isinstance(rule, dict) else "none"
        geo = (str(kind), _texts(rule.get("locations")) if isinstance(rule, dict) else ())
    root = written.get("default_root_object")
    return Distribution(
        name,
        found,
        tuple(one.lower() for one in _texts(written.get("domains"))),
        origins,
        behaviours,
        (root.lstrip("/") or None if isinstance(root, str) else None)
        if "default_root_object" in written
        else _missing(f"the default root object {what}"),
        errors,
        geo,
    )


def _origin(written: dict[str, Any]) -> Origin:
    access = str(written.get("access") or NO_ACCESS)
    headers = written.get("headers")
    named = headers if isinstance(headers, dict) else {}
    pairs = tuple((str(name).lower(), str(value)) for name, value in named.items())
    identity = written.get("identity")
    return Origin(
        str(written.get("id") or written.get("domain") or ""),
        str(written.get("domain") or ""),
        str(written.get("path") or "").rstrip("/"),
        access if access in (BY_OAC, BY_OAI) else NO_ACCESS,
        identity if isinstance(identity, str) else None,
        str(written.get("signing") or ALWAYS),
        pairs,
    )


def _behaviour(written: dict[str, Any], what: str) -> Behaviour:
    pattern = str(written.get("path") or "*")
    of = f"of the behaviour {pattern} {what}"
    return Behaviour(
        pattern,
        str(written.get("origin") or ""),
        _texts(written["methods"]) if "methods" in written else _missing(f"the allowed methods {of}"),
        str(written.get("viewers") or "allow-all"),
        bool(written["trusted_signers"]) if "trusted_signers" in written else _missing(f"the trusted signers {of}"),
        bool(written["forwards_host"]) if "forwards_host" in written else _missing(f"whether Host is forwarded {of}"),
        bool(written["functions"]) if "functions" in written else _missing(f"which functions are called {of}"),
    )


def _error(written: dict[str, Any]) -> ErrorResponse:
    code, status, page = (written.get(name) for name in ("error_code", "response_code", "page"))
    return ErrorResponse(
        code if isinstance(code, int) else None,
        status if isinstance(status, int) else None,
        page if isinstance(page, str) and page else None,
    )


def _missing(name: str) -> Missing:
    return Missing(REASON_NOT_COLLECTED, name)


def _list(value: Any) -> list[dict[str, Any]]:
    values = value if isinstance(value, list) else []
    return [one for one in values if isinstance(one, dict)]


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(one for one in values if isinstance(one, str))
