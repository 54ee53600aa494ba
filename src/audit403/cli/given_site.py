"""The one configuration that `explain` is asked about: a file, a folder's, standard input, or where packages put it."""

import os
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from audit403.cli.request_line import request_of
from audit403.core.decision import NOT_LISTENING
from audit403.core.errors import BadUsage, NotSeen
from audit403.core.family import Answering, Family, NotAudited, Options, Site
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
        if args.config is None:
            families, given = _usual_main(families, evidence, args)
        else:
            given = args.config
        settings = SettingsFinder().nearest(os.path.abspath(given))
        options = Options(args.prefix or settings.prefix, settings.paths, args.tree)
        family = families[0] if len(families) == 1 else _recognising(given, families, evidence, options)
        site = family.read(_main(given, family, evidence, options), evidence, options)
    for target, reason in dict.fromkeys(site.not_audited):
        complain(f"not read: {target}: {reason}")
    return site


def given_answering(args: Namespace) -> Answering | None:
    """What answers where the arguments name a family that has a state and no configuration; None for the others."""
    for name, value in entry_points(FAMILIES).items():
        if args.server not in (None, name) or not (args.server or args.state or "://" in (args.url or "")):
            continue
        family = load(value)
        if not hasattr(family, "answering"):
            continue
        scheme = (args.url or "").partition("://")[0]
        if args.server is None and args.state is None and scheme not in family.url_schemes:
            continue
        state = None if args.state is None else _state(args.state)
        return cast("Answering", family.answering(state))
    return None


def _state(path: str) -> bytes:
    try:
        return read_standard_input() if path == STDIN else Path(path).read_bytes()
    except (BadUsage, OSError) as error:
        raise BadUsage(f"The state {path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


class SitesOn:
    """The sites of a host, one of which answers: that which --config or --server names, or which listens on the URL's
    port.
    """

    def __init__(self, args: Namespace, evidence: "CollectedEvidence") -> None:
        from audit403.engine.host_audit import ServersOn

        self._args = args
        self._servers = ServersOn(args.on, evidence, SettingsFinder().nearest(os.path.abspath(STDIN)))
        named = args.config is not None
        running = list(self._servers.named([args.config]) if named else self._servers.running())
        self._found = [one.found for one in running if args.server in (None, one.found.family)]
        self._told: set[NotAudited] = set()
        self._known: dict[str, Site] = {}

    def site(self, url: str | None) -> Site:
        """The site that answers a URL. Raises NotSeen where none is known, BadUsage where several may be."""
        authority = "" if url is None else url.partition("//")[0] + url.partition("//")[2].partition("/")[0]
        if authority not in self._known:
            self._known[authority] = self._site(url)
        return self._known[authority]

    def _site(self, url: str | None) -> Site:
        on = self._args.on
        listening = [one for one in self._found if _listens(one.site, url)]
        unread = [missed for missed in self._servers.missed if missed.target != on]
        if not self._found or (unread and not listening):
            said = _why(unread or self._servers.missed, self._args) or "no such server runs there"
            raise NotSeen(f"{on}: {said}.")
        found = listening or self._found
        if len(found) > 1:
            names = ", ".join(f"{one.family} with {one.site.main}" for one in found)
            raise BadUsage(f"{on} runs {names}: --config or --server says which of them.")
        for missed in dict.fromkeys((*unread, *found[0].site.not_audited)):
            if missed not in self._told:
                self._told.add(missed)
                complain(f"not read: {missed.target}: {missed.reason}")
        return found[0].site


def _why(missed: list[NotAudited], args: Namespace) -> str:
    """Why the server that was asked about is not known."""
    from audit403.engine.host_audit import NO_SERVER, NOTHING_RUNS

    said = (one._replace(reason=NO_SERVER) if one.reason == NOTHING_RUNS else one for one in missed)
    return "; ".join(one.reason if one.target == args.on else f"{one.target}: {one.reason}" for one in said)


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


def _usual_main(families: list[Family], evidence: LocalEvidence, args: Namespace) -> tuple[list[Family], str]:
    """The configuration in a package's usual place; of several that which listens on the URL's port."""
    usual = [(family, next((main for main in family.usual_mains if os.path.exists(main)), None)) for family in families]
    found = [(family, main) for family, main in usual if main is not None]
    if len(found) > 1:
        options = Options(args.prefix, (), args.tree)
        found = [one for one in found if _listens(one[0].read(one[1], evidence, options), args.url)] or found
    if not found:
        raise BadUsage("--config MAIN says which configuration answers the request.")
    if len(found) > 1:
        mains = " and ".join(main for _, main in found)
        raise BadUsage(f"{mains} are both here: --server says which of them answers, or --on local, that which runs.")
    return [found[0][0]], found[0][1]


def _listens(site: Site, url: str | None) -> bool:
    """Whether a site listens on the port of the URL that is asked about; without one each might."""
    if url is None:
        return True
    request = request_of({"url": url if "://" in url else f"http://{url}"})
    return site.decide(request).cause != NOT_LISTENING


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
