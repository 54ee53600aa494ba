"""Fixes for refusals by the file system: the smallest commands that open the way, as the files family finds them."""

from audit403.core.fact import Refusal
from audit403.core.family import Site
from audit403.core.finding import UNSAFE, Fix
from audit403.core.place import PathPlace
from audit403.nginx.family import NginxSite


def worker_of(site: Site) -> str:
    """The user that the server's workers run as."""
    return site.model.worker.user if isinstance(site, NginxSite) else "the server"


def fixes_for(site: Site, refusal: Refusal, access: str) -> tuple[Fix, ...]:
    """One fix for each degree of exposure, the least first."""
    where = refusal.where
    if not isinstance(site, NginxSite) or not isinstance(where, PathPlace):
        return ()
    resolver = site.evaluator.files().resolver
    user = site.model.worker.user
    path = where.path
    from audit403.files.remedy import remedies

    found = remedies(resolver.evidence, resolver.identity, user, path, access)
    return tuple(
        Fix(
            f"open it to {one.opens_to}" + (", then reload the server" if one.reload else ""),
            UNSAFE,
            (),
            one.commands,
            one.edits,
        )
        for one in found
    )
