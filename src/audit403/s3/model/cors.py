"""A bucket's CORS configuration, and which of its rules a preflight request meets.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html and ManageCorsUsing.html: the first rule counts
whose origin, method and headers all match; an origin or a header may have one `*`, and names of headers have no case.
"""

from typing import Any

from audit403.core.named_tuple import NamedTuple
from audit403.s3.model.pattern import ONE, matcher, parts_of

ORIGIN, METHOD, HEADERS = "AllowedOrigins", "AllowedMethods", "AllowedHeaders"


class CorsRule(NamedTuple):
    """One rule, in the order of the configuration."""

    origins: tuple[str, ...]
    methods: tuple[str, ...]
    headers: tuple[str, ...]

    def unmet(self, origin: str, method: str, headers: tuple[str, ...]) -> str | None:
        """The element that a preflight does not meet; None where the rule lets it through."""
        if not _some_match(self.origins, origin):
            return ORIGIN
        if method not in self.methods:
            return METHOD
        if not all(_some_match(self.headers, header, True) for header in headers):
            return HEADERS
        return None


def cors_of(written: Any) -> tuple[CorsRule, ...] | None:
    """The rules as S3's API, Terraform, CloudFormation or a list of them say; None for what is no configuration."""
    if written is None:
        return ()
    if isinstance(written, dict):
        fields = _plain(written)
        inner = fields.get("corsconfiguration")
        if isinstance(inner, dict):
            return cors_of(inner)
        written = next((fields[name] for name in ("corsrules", "corsrule") if name in fields), [])
        written = [written] if isinstance(written, dict) else written
    if not isinstance(written, list) or not all(isinstance(rule, dict) for rule in written):
        return None
    return tuple(_rule(_plain(rule)) for rule in written)


def _rule(fields: dict[str, Any]) -> CorsRule:
    origins, methods, headers = (_texts(fields, name) for name in ("allowedorigin", "allowedmethod", "allowedheader"))
    return CorsRule(origins, methods, headers)


def _texts(fields: dict[str, Any], name: str) -> tuple[str, ...]:
    value = fields.get(f"{name}s", fields.get(name))
    values = value if isinstance(value, list) else [value]
    return tuple(one for one in values if isinstance(one, str))


def _plain(written: dict[str, Any]) -> dict[str, Any]:
    return {str(key).lower().replace("_", ""): value for key, value in written.items()}


def _some_match(patterns: tuple[str, ...], text: str, ignore_case: bool = False) -> bool:
    """Whether one of them matches; a question mark is none of the wildcards here."""
    every = (tuple("?" if part == ONE else part for part in parts_of(pattern, False)) for pattern in patterns)
    return any(matcher(parts, ignore_case)(text) is not None for parts in every)
