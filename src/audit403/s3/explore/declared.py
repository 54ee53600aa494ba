"""Whom the settings say that a bucket is for, as requests: the profiles of docs/s3.md."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from audit403.core.decision import Missing
from audit403.s3.explore.ordinary import ANONYMOUS, BY_HTTP, WEBSITE, Profile, cloudfront, signed
from audit403.s3.model.world import World

_ALONE = {one.name: one for one in (ANONYMOUS, BY_HTTP, WEBSITE)}
_IDENTITY = "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity "


def declared(world: World, bucket: str, visitors: Iterable[tuple[str, tuple[str, ...]]]) -> Iterator[Profile]:
    """The requests of those profiles that the settings have for a bucket."""
    for pattern, names in visitors:
        if fnmatchcase(bucket, pattern):
            found = (_profile(world, name) for name in names)
            yield from (one for one in found if one is not None)


def _profile(world: World, name: str) -> Profile | None:
    kind, _, about = name.partition(":")
    if kind in _ALONE:
        return _ALONE[kind]
    if kind == "cloudfront-oac":
        arn = about if about.startswith("arn:") else world.distribution_arn(about)
        return None if isinstance(arn, Missing) else cloudfront(arn)
    if kind == "oai":
        return signed(f"{_IDENTITY}{about}")
    if kind == "vpce":
        context = (("aws:SourceVpce", about), ("aws:SourceIp", ""))
        return ANONYMOUS._replace(words=f"whoever comes through the VPC endpoint {about}", context=context)
    return signed(about, (("s3:authType", "REST-QUERY-STRING"),) if kind == "presigned" else ())
