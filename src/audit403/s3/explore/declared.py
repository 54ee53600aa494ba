"""Whom the settings say that a bucket is for, as requests: the profiles of docs/s3.md."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from audit403.s3.decide.profile import ANONYMOUS_HTTPS, CLOUDFRONT, OAC
from audit403.s3.explore.ordinary import BY_IPV6, Profile, cloudfront, visitor
from audit403.s3.model.caller import ANONYMOUS

_SOURCE = "aws:SourceArn"


def declared(bucket: str, visitors: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[Profile, ...] | None:
    """The requests of those profiles that the settings have for a bucket; None where they say nothing of it."""
    found = [names for pattern, names in visitors if fnmatchcase(bucket, pattern)]
    return tuple(_profile(name) for names in found for name in names) if found else None


def _profile(name: str) -> Profile:
    kind, _, about = name.partition(":")
    return cloudfront(about) if kind == OAC and about.startswith("arn:") else visitor(name)


def is_one_of(profile: Profile, meant: tuple[Profile, ...]) -> bool:
    """Whether requests of a profile are those of somebody whom a bucket is for."""
    return any(_is(profile, one) for one in meant)


def _is(profile: Profile, meant: Profile) -> bool:
    if profile.principal != meant.principal:
        return False
    if meant.principal == CLOUDFRONT:
        identifier = (meant.way or dict(meant.context)[_SOURCE]).replace(":", "/").rpartition("/")[2]
        return dict(profile.context).get(_SOURCE, "").endswith(f"/{identifier}")
    if meant.principal == ANONYMOUS:
        return meant.name == (ANONYMOUS_HTTPS if profile.name == BY_IPV6.name else profile.name)
    return True
