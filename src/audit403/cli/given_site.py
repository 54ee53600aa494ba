"""The one configuration that `explain` is asked about: a file, a folder's, standard input, or where packages put it."""

import os
from argparse import Namespace
from typing import TYPE_CHECKING

from audit403.cli.request_line import request_of
from audit403.core.decision import NOT_LISTENING
from audit403.core.errors import BadUsage
from audit403.core.family import Family, NotAudited, Options, Site
from audit403.core.plugins import FAMILIES, entry_points, load
from audit403.engine.settings import SettingsFinder
from audit403.engine.targets import STDIN, read_standard_input
from audit403.evidence.local import LocalEvidence
from audit403.report.terminal import complain

if TYPE_CHECKING:
    from audit403.evidence.collected import CollectedEvidence


def given_site(args: Namespace) -> Site:
    """The site; what of it could not be read is said beside the output."""
    evidence = LocalEvidence()
    families = _families(args.server)
    if args.config == STDIN:
        settings = SettingsFinder().nearest(os.path.abspath(STDIN))
        options = Options(args.prefix or settings.prefix, settings.paths, args.tree)
        site = _from_standard_input(args, families, evidence, options)
    else:
        given = _usual_main(families) if args.config is None else args.config
        settings = SettingsFinder().nearest(os.path.abspath(given))
        options = Options(args.prefix or settings.prefix, settings.paths, args.tree)
        family = families[0] if len(families) == 1 else _recognising(given, families, evidence, options)
        site = family.read(_main(given, family, evidence, options), evidence, options)
    for target, reason in dict.fromkeys(site.not_audited):
        complain(f"not read: {target}: {reason}")
    return site


def site_on(args: Namespace, evidence: "CollectedEvidence") -> Site:
    """The site of a host that answers: the one that --config or --server names, or that listens on the URL's port."""
    from audit403.engine.host_audit import ServersOn

    servers = ServersOn(args.on, evidence, SettingsFinder().nearest(os.path.abspath(STDIN)))
    running = list(servers.running()) if args.config is None else list(servers.named([args.config]))
    found = [one.found for one in running if args.server in (None, one.found.family)]
    if len(found) > 1 and args.url is not None:
        request = request_of({"url": args.url if "://" in args.url else f"http://{args.url}"})
        found = [one for one in found if one.site.decide(request).cause != NOT_LISTENING] or found
    if len(found) == 1:
        for target, reason in dict.fromkeys(found[0].site.not_audited):
            complain(f"not read: {target}: {reason}")
        return found[0].site
    if not found:
        why = "; ".join(missed.reason for missed in servers.missed) or "no such server runs there"
        raise BadUsage(f"{args.on}: {why}.")
    names = ", ".join(f"{one.family} with {one.site.main}" for one in found)
    raise BadUsage(f"{args.on} runs {names}: --config or --server says which of them.")


def running_sites(args: Namespace) -> list[Site]:
    """The site that the arguments name, or those that packages' usual places hold, one a family."""
    if args.config is not None:
        return [given_site(args)]
    evidence = LocalEvidence()
    sites = []
    for family in _families(args.server):
        main = next((usual for usual in family.usual_mains if os.path.exists(usual)), None)
        if main is not None:
            sites.append(family.read(main, evidence, Options(args.prefix, (), args.tree)))
    return sites


def _families(name: str | None) -> list[Family]:
    """The family that --server names, or all whose requests can be answered."""
    known = entry_points(FAMILIES)
    servers = {key: value for key, value in known.items() if hasattr(load(value), "read")}
    if name is not None and name not in servers:
        raise BadUsage(f"--server must be one of {', '.join(servers)}.")
    return [load(value) for key, value in servers.items() if name in (None, key)]


def _usual_main(families: list[Family]) -> str:
    for family in families:
        for usual in family.usual_mains:
            if os.path.exists(usual):
                return usual
    raise BadUsage("--config MAIN says which configuration answers the request.")


def _recognising(given: str, families: list[Family], evidence: LocalEvidence, options: Options) -> Family:
    """The one family that takes a file or a folder for its own."""
    path = os.path.abspath(given)
    if not os.path.exists(path):
        raise BadUsage(f"{given} is not there.")
    name = os.path.basename(path)
    named = [family for family in families if any(os.path.basename(usual) == name for usual in family.usual_mains)]
    found = {} if named else {family: _sites(family, path, evidence, options) for family in families}
    with_main = [family for family, sites in found.items() if any(os.path.isabs(site.main) for site in sites)]
    taking = named or with_main or [family for family, sites in found.items() if sites]
    if len(taking) == 1 or (not taking and os.path.isdir(path)):
        return (taking or families)[0]
    names = ", ".join(family.name for family in families)
    why = "it could be more than one server's" if taking else "it was not recognised as any server's configuration"
    raise BadUsage(f"{given}: {why}: --server must be one of {names}.")


def _sites(family: Family, path: str, evidence: LocalEvidence, options: Options) -> list[Site]:
    return [site for site in family.find([path], evidence, options) if not isinstance(site, NotAudited)]


def _from_standard_input(args: Namespace, families: list[Family], evidence: LocalEvidence, options: Options) -> Site:
    if args.requests == STDIN:
        raise BadUsage("--config and --requests cannot both be standard input.")
    try:
        data = read_standard_input()
    except BadUsage as error:
        raise BadUsage(f"The standard input cannot be read: {error}.") from error
    for family in families:
        site = family.read_text(data, evidence, options)
        if site is not None:
            return site
    names = " or ".join(family.name for family in families)
    raise BadUsage(f"What is on standard input was not recognised as configuration of {names}.")


def _main(given: str, family: Family, evidence: LocalEvidence, options: Options) -> str:
    """The file as given, or the one main configuration of a folder."""
    path = os.path.abspath(given)
    if not os.path.exists(path):
        raise BadUsage(f"{given} is not there.")
    if not os.path.isdir(path):
        return path
    sites = _sites(family, path, evidence, options)
    mains = sorted(site.main for site in sites if os.path.isabs(site.main))
    if len(mains) == 1:
        return mains[0]
    found = f"it has {', '.join(mains)}" if mains else "it has none"
    raise BadUsage(f"{given} is a folder, and must hold one main configuration: {found}.")
