"""One httpd as it is configured: its servers, its sockets, its user, and which virtual host an address leads to.

Truth: ap_fini_vhost_config, find_ipaddr and find_default_server in server/vhost.c.
"""

from audit403.apache.model.builder import Faulty
from audit403.apache.model.server import Server, ServerAddress
from audit403.apache.read.configuration import Configuration
from audit403.apache.read.process import Process
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple
from audit403.http.address import Address


class Listen(NamedTuple):
    """One socket; `address` None takes every address."""

    address: Address | None
    port: int
    protocol: str
    directive: Directive


class Worker(NamedTuple):
    """Whom the children run as; None is not said.

    `directive` is the User line and `group_directive` the Group line, None where one is assumed.
    """

    user: str | None = None
    group: str | None = None
    directive: Directive | None = None
    group_directive: Directive | None = None


class Chain:
    """The virtual hosts of one address: `server` is the default, `names` all of them, empty while there is only one."""

    __slots__ = ("_by_host", "_by_name", "_wild", "address", "initial", "names", "port", "server")

    def __init__(self, server: Server, at: ServerAddress) -> None:
        self.address = at.address
        self.port = at.port
        self.server = server
        self.names: list[tuple[Server, ServerAddress]] = []
        self.initial: tuple[Server, ServerAddress] | None = None
        self._by_name: dict[str, list[int]] | None = None
        self._by_host: dict[tuple[str, int], tuple[int, Server]] | None = None
        self._wild: list[int] = []

    def positions(self, name: str) -> list[int]:
        """Where in `names` those stand that may have a name (in lower case), in order."""
        if self._by_name is None:
            self._by_name = {}
            for position, (server, _) in enumerate(self.names):
                for own in dict.fromkeys((server.name or "", *server.aliases)):
                    self._by_name.setdefault(own.lower(), []).append(position)
                if server.wild_aliases:
                    self._wild.append(position)
        found = self._by_name.get(name, [])
        return sorted({*found, *self._wild}) if self._wild else found

    def at_address(self, host: str, port: int) -> Server | None:
        """The first virtual host whose address is written like a name (in lower case)."""
        if self._by_host is None:
            self._by_host = {}
            for server, at in self.names:
                self._by_host.setdefault((at.host.lower(), at.port), (len(self._by_host), server))
        found = [one for one in (self._by_host.get((host, 0)), self._by_host.get((host, port))) if one is not None]
        return min(found, key=lambda one: one[0])[1] if found else None

    def add(self, server: Server, at: ServerAddress) -> None:
        """Take in a virtual host; the last one is the default, for they come from the last to the first."""
        self.server = server
        if not self.names and self.initial is None:
            self.initial = (server, at)
        elif not self.names and self.initial is not None:
            self.names = [(server, at), self.initial]
            self.initial = None
        else:
            self.names.insert(0, (server, at))


class Model:
    """All that a configuration says; `chains` leads from an address to virtual hosts."""

    __slots__ = (
        "_any",
        "_by_address",
        "configuration",
        "faults",
        "listens",
        "main",
        "methods",
        "process",
        "vhosts",
        "worker",
    )

    def __init__(
        self,
        configuration: Configuration,
        process: Process,
        main: Server,
        vhosts: list[Server],
        listens: list[Listen],
        worker: Worker,
        methods: frozenset[str],
        faults: list[Faulty],
    ) -> None:
        self.configuration = configuration
        self.process = process
        self.main = main
        self.vhosts = vhosts
        self.listens = listens
        self.worker = worker
        #: Methods that RegisterHttpMethod adds.
        self.methods = methods
        self.faults = faults
        self._by_address: dict[Address, list[Chain]] = {}
        self._any: list[Chain] = []
        for vhost in reversed(vhosts):
            self._enter(vhost)

    @property
    def servers(self) -> list[Server]:
        """The main server and all virtual hosts."""
        return [self.main, *self.vhosts]

    def has(self, module: str) -> bool:
        """Whether a module is there, by its symbol without `_module`."""
        return f"{module}_module" in self.process.modules.symbols

    def chain(self, address: Address | None, port: int) -> Chain | None:
        """The virtual hosts of the address that a client is connected to (None: none that is named), or None."""
        found = None if address is None else _exact_or_any(self._by_address.get(address.unmapped(), []), port)
        return found or _exact_or_any(self._any, port)

    def _enter(self, server: Server) -> None:
        before: ServerAddress | None = None
        for at in server.addresses:
            if at.address is None:
                chain = _exact_or_any(self._any, at.port)
                if chain is None or chain.port != at.port:
                    chain = Chain(server, at)
                    self._any.insert(0, chain)
                    chain.add(server, at)
                elif before is None or before.address is not None or before.port != at.port:
                    chain.add(server, at)
            else:
                chains = self._by_address.setdefault(at.address.unmapped(), [])
                chain = _either_any(chains, at.port)
                if chain is None or chain.port != at.port:
                    chain = Chain(server, at)
                    chains.insert(0, chain)
                chain.add(server, at)
            before = at


def _exact_or_any(chains: list[Chain], port: int) -> Chain | None:
    """The chain of this port, otherwise the first for every port."""
    exact = next((chain for chain in chains if chain.port == port), None)
    return exact or next((chain for chain in chains if chain.port == 0), None)


def _either_any(chains: list[Chain], port: int) -> Chain | None:
    """As find_ipaddr, to which port 0 on either side is every port."""
    exact = next((chain for chain in chains if chain.port == port), None)
    return exact or next((chain for chain in chains if chain.port == 0 or port == 0), None)
