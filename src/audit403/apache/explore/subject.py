"""Apache's own view of a refusal: the server, the request as it stood when it was refused, and why it was asked."""

from collections.abc import Collection

from audit403.apache.decide.exchange import Exchange
from audit403.apache.model.access_compat import ACCESS_COMPAT, AccessCompatConfig
from audit403.apache.model.authz import AUTHZ_CORE, AuthzConfig
from audit403.apache.model.core_config import CORE, CoreConfig
from audit403.apache.model.dir_index import DIR, DirConfig
from audit403.apache.model.rewrite import REWRITE, RewriteConfig
from audit403.apache.model.section import Section
from audit403.apache.model.server import Server
from audit403.apache.model.ssl import SSL, SslConfig
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import PathPlace
from audit403.explore.subject import Blocked, Hit


class Subject(NamedTuple):
    """The server that took the witness, the request where it was refused, its purpose, and what a judgement needs.

    `exchange` is the witness as it stood when it was refused: `filename`, `path_info`, `found` and `per_dir`, which is
    what was in effect. `sections` are the sections that held, in the order in which they were laid over one another,
    `access_files` the `.htaccess` files that were read. `path` is the file or directory of the tree that the
    witness names, `names` what lies in that directory, `members` the files that share its fate, `way` what sent the
    witness on to where it is refused, `hits` the kinds of requests that are refused here, the witness among them,
    `blocking` the files or directories of one kind that refuse, `meant` the server that a name belongs to which
    strayed to this one.
    """

    server: Server
    exchange: Exchange
    purpose: str
    sections: tuple[Section, ...] = ()
    access_files: tuple[PathPlace, ...] = ()
    path: str | None = None
    names: Collection[str] = ()
    members: tuple[str, ...] = ()
    way: str | None = None
    hits: tuple[Hit, ...] = ()
    blocking: tuple[Blocked, ...] = ()
    meant: Server | None = None

    @property
    def core(self) -> CoreConfig:
        """What the core was told: options, AllowOverride, ErrorDocuments, inner `<Files>` and `<If>`."""
        found: CoreConfig = self.exchange.config(CORE, CoreConfig())
        return found

    @property
    def authz(self) -> AuthzConfig:
        """The tree of `Require` in effect."""
        found: AuthzConfig = self.exchange.config(AUTHZ_CORE, AuthzConfig())
        return found

    @property
    def access(self) -> AccessCompatConfig | None:
        """Order, Allow, Deny and Satisfy in effect, None without any."""
        found: AccessCompatConfig | None = self.exchange.config(ACCESS_COMPAT, None)
        return found

    @property
    def directory_index(self) -> DirConfig:
        """DirectoryIndex and what goes with it."""
        found: DirConfig = self.exchange.config(DIR, DirConfig())
        return found

    @property
    def rewriting(self) -> RewriteConfig:
        """RewriteEngine and the rules of the directory."""
        found: RewriteConfig = self.exchange.config(REWRITE, RewriteConfig())
        return found

    @property
    def ssl(self) -> SslConfig:
        """What is asked of TLS: SSLRequireSSL, SSLRequire, SSLVerifyClient of the section."""
        found: SslConfig = self.exchange.config(SSL, SslConfig())
        return found
