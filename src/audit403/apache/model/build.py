"""From httpd's tree to its servers: the main one, its virtual hosts, and what each module is told in every section."""

from collections.abc import Iterable

from audit403.apache.model.builder import Builder, Faulty
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.core_config import CORE, NOTHING, inside
from audit403.apache.model.methods import BUILT_IN, OF_DAV
from audit403.apache.model.model import Listen, Model, Worker
from audit403.apache.model.section import DIRECTORY, LOCATION, PROXY, Section, section_of
from audit403.apache.model.server import Server, ServerAddress, with_defaults
from audit403.apache.read.configuration import Configuration
from audit403.apache.read.process import Process
from audit403.apache.read.tree import Directive
from audit403.http.address import Address, parse_plain

_SECTIONS = {
    "<directory": DIRECTORY,
    "<directorymatch": DIRECTORY,
    "<location": LOCATION,
    "<locationmatch": LOCATION,
    "<proxy": PROXY,
    "<proxymatch": PROXY,
}
_LOCAL_NAMES = {"localhost": ("127.0.0.1", "::1"), "ip6-localhost": ("::1",)}


def build_model(configuration: Configuration) -> Model:
    """The model of a configuration; what httpd would not take is among its faults."""
    process = configuration.process
    faults: list[Faulty] = []
    main = Server(None, process.server_root)
    vhosts: list[Server] = []
    listens: list[Listen] = []
    worker = Worker()
    builder = Builder(server=main, faults=faults, process=process, main=main)
    for directive in configuration.directives:
        try:
            if directive.name == "<virtualhost":
                vhosts.append(_vhost(directive, main, faults, process))
            elif directive.name == "listen":
                listens.append(_listen(directive))
            elif directive.name == "user":
                worker = worker._replace(user=directive.args[0] if directive.args else None, directive=directive)
            elif directive.name == "group":
                group = directive.args[0] if directive.args else None
                worker = worker._replace(group=group, group_directive=directive)
            elif directive.name == "registerhttpmethod":
                process.methods.update(directive.args)
            else:
                _add(builder, main, directive)
        except ConfigError as error:
            faults.append(Faulty(directive, str(error)))
    if worker.user is None:
        worker = (
            Worker("www-data", worker.group or "www-data") if _is_debian(configuration) else Worker("apache", "apache")
        )
    main.lookup_defaults = with_defaults(builder.built())
    for vhost in vhosts:
        vhost.inherit(main)
        vhost.sort_directories()
    main.sort_directories()
    return Model(configuration, process, main, vhosts, listens, worker, _methods(process), faults)


def _is_debian(configuration: Configuration) -> bool:
    """Whether what no directive says is what Debian's package says."""
    assumed = configuration.modules.assumed
    return assumed is None or assumed.name != "rhel"


def _methods(process: Process) -> frozenset[str]:
    """The methods that httpd knows: its own, those that the configuration names, those of modules."""
    found = BUILT_IN | process.methods
    return found | OF_DAV if "dav_module" in process.modules.symbols else found


def _vhost(directive: Directive, main: Server, faults: list[Faulty], process: Process) -> Server:
    server = Server(directive, main.server_root)
    # What the main server is told of limits further on is not for this one.
    server.port, server.limits = main.port, main.limits
    addresses: list[ServerAddress] = []
    unresolved: list[str] = []
    for word in directive.args:
        found = _addresses(word, main.port)
        addresses += found
        if not found:
            unresolved.append(word)
    server.addresses, server.unresolved = tuple(addresses), tuple(unresolved)
    if addresses and addresses[0].port:
        server.port = addresses[0].port
    builder = Builder(server=server, faults=faults, process=process, main=main)
    for inner in directive.block or ():
        try:
            _add(builder, server, inner)
        except ConfigError as error:
            faults.append(Faulty(inner, str(error)))
    server.lookup_defaults = builder.built()
    return server


def _add(builder: Builder, server: Server, directive: Directive) -> None:
    kind = _SECTIONS.get(directive.name)
    if kind is None:
        builder.add(directive)
        return
    section = section_of(kind, directive)
    if kind == PROXY:
        inner = builder.inner(section.text)
        inner.add_all(directive.block or ())
        section.per_dir = inner.built()
    else:
        builder.slots.setdefault(CORE, NOTHING)
        section.per_dir = inside(builder, section.text, directive)
    server.sections[kind].append(section)


def _addresses(word: str, default_port: int) -> list[ServerAddress]:
    """What `<VirtualHost word>` names; nothing for a name that is not known here. Raises ConfigError."""
    host, port = _host_and_port(word, "The address or port is invalid")
    number = 0 if port == "*" else int(port) if port else default_port
    if not host:
        raise ConfigError("Missing address for VirtualHost")
    if host == "*" or host.lower() == "_default_":
        return [ServerAddress(host, None, number)]
    texts = _LOCAL_NAMES.get(host.lower(), (host,))
    found = [parse_plain(text) for text in texts]
    return [ServerAddress(host, _any_is_none(one), number) for one in found if one is not None]


def _any_is_none(address: Address) -> Address | None:
    return address if address.number else None


def _listen(directive: Directive) -> Listen:
    word = directive.args[0] if directive.args else ""
    host, port = _host_and_port(word, "Invalid address or port")
    if not port or port == "*":
        raise ConfigError("Port must be specified")
    protocol = directive.args[1].lower() if len(directive.args) > 1 else ""
    return Listen(None if host in ("", "*") else parse_plain(host), int(port), protocol, directive)


def _host_and_port(word: str, message: str) -> tuple[str, str]:
    """Host and port of `host`, `host:port`, `[v6]:port`, `port` or `*:*`. Raises ConfigError."""
    if word.isascii() and word.isdigit():
        host, port = "", word
    elif word.startswith("["):
        host, bracket, rest = word[1:].partition("]")
        port = rest.removeprefix(":")
        if not bracket or (rest and not rest.startswith(":")):
            raise ConfigError(message)
    else:
        host, colon, port = word.rpartition(":")
        if not colon or ":" in host:
            host, port = word, ""
    if port not in ("", "*") and not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ConfigError(message)
    return host, port


def every_section(servers: Iterable[Server]) -> list[Section]:
    """All sections of directories, locations and proxies of some servers, each once."""
    found: dict[Section, None] = {}
    for server in servers:
        for sections in server.sections.values():
            found.update(dict.fromkeys(sections))
    return list(found)
