"""Answers requests for one httpd and one world.

Truth: ap_process_async_request in modules/http/http_request.c, ap_read_request in server/protocol.c.
"""

from time import time
from typing import TYPE_CHECKING, Any

from audit403.apache.decide.choose_vhost import connect
from audit403.apache.decide.error_document import die, read_what_is_left
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.files import Files
from audit403.apache.decide.hooks import HOW, RUN_FIRST, Run, runs_of
from audit403.apache.decide.htaccess import AccessFiles
from audit403.apache.decide.outcome import BAD_REQUEST, DECLINED, OK, SERVER_ERROR
from audit403.apache.decide.phases import process_request
from audit403.apache.decide.request_head import read_head
from audit403.apache.decide.ssl_handshake import CLOSED, OPEN, PLAIN, shake_hands
from audit403.apache.model.model import Model
from audit403.core.decision import NOT_LISTENING, NOT_REFUSED, REFUSED, UNKNOWN, Decision, Missing, Step
from audit403.core.open_question import Undecided, decide_either_way
from audit403.core.place import Place
from audit403.core.request import Request
from audit403.evidence.assumed import AssumedTree
from audit403.evidence.interface import Evidence
from audit403.files.identity import Identity, identity_of, numbered
from audit403.files.resolve import Resolver
from audit403.http.address import parse_plain

if TYPE_CHECKING:
    from audit403.evidence.machine import Process
    from audit403.files.guard import Guard
    from audit403.http.php_fpm import Pools

_MOST_FOLLOWED = 128
#: Modules whose access checks are not registered as hanging on the configuration alone (ap_setup_auth_internal).
_LOOK_AT_MORE = ("allowmethods", "lua", "log_debug", "evasive20", "perl", "wsgi", "fcgid", "python")


class Evaluator:
    """Answers requests for one model and one world; both stay as they are while it lives."""

    def __init__(
        self,
        model: Model,
        evidence: Evidence,
        *,
        now: int | None = None,
        assumed: AssumedTree | None = None,
        read_anyway: frozenset[str] = frozenset(),
        worker: "Process | None" = None,
    ) -> None:
        self.model = model
        #: The child that serves, where it is known; mpm-itk's have the user of each request.
        self.worker = worker
        #: Directories (with their slash) whose `.htaccess` is read as with AllowOverride All: to see what it would do.
        self.read_anyway = read_anyway
        if worker is not None:
            from audit403.files.mounts import world_of

            evidence = world_of(evidence, worker)
        self.evidence = evidence
        #: What is served; where the tree is not known, what is assumed of it stands here.
        self.served: Evidence = evidence if assumed is None else assumed
        self.hooks = runs_of([symbol.removesuffix("_module") for symbol in model.process.modules.symbols])
        self.access_files = AccessFiles(self)
        #: Whether authorization hangs on the configuration alone, so that nobody is asked twice about the same one.
        self.trusts_same_configuration = not any(model.has(module) for module in _LOOK_AT_MORE)
        #: What modules keep from one request to the next, by module.
        self.kept: dict[str, Any] = {}
        #: Of lists of tests with one effect, such as those of robots: what each belongs to, by its place.
        self.alike: dict[Place, object] = {}
        self.php_pools: Pools | None = None
        self._now = now
        self._last: Exchange | None = None
        #: What several rules ask about the same refusal.
        self._followed: dict[Request, tuple[Decision, Exchange]] = {}
        self._files: Files | None = None
        #: With mpm-itk the user and group of the request, once they are known.
        self._user: tuple[str | None, str | None] | None = None
        self._changes_user = self.has("mpm_itk")
        self._served_files: Files | None = None

    def decide(self, request: Request) -> Decision:
        """What httpd answers. A test that the evidence leaves open is tried both ways; only a difference is unknown."""
        return decide_either_way(lambda answers: self._decide_once(request, answers))

    def decide_anew(self, request: Request) -> Decision:
        """The same, for what is noted on the way to it."""
        return self.decide(request)

    def followed(self, request: Request) -> tuple[Decision, Exchange]:
        """What httpd answers to a request that gets as far as a server, and the exchange that the answer came from.

        Where a page of an ErrorDocument goes out with it, it is the one that the page is for.
        """
        known = self._followed.get(request)
        if known is None:
            decision = self.decide(request)
            assert self._last is not None
            known = decision, self._last.page_of or self._last
            if self._changes_user or isinstance(self.served, AssumedTree):
                return known  # the request leaves behind as whom and where the next questions are asked
            if len(self._followed) >= _MOST_FOLLOWED:
                self._followed.clear()
            self._followed[request] = known
        return known

    def now(self) -> int:
        """Seconds since the epoch."""
        return int(time()) if self._now is None else self._now

    def has(self, module: str) -> bool:
        """Whether a module is there: `rewrite`."""
        return self.model.has(module)

    def files(self) -> Files:
        """The file system as the children see it. Raises Undecided when their user is not known."""
        if self._files is None:
            self._files = Files(Resolver(self.evidence, self._identity(), self._guard()))
        return self._files

    def go_on_as(self, request: Request) -> None:
        """Stand where a request leaves it: under mpm-itk as its user."""
        if self._changes_user:
            self.decide(request)

    def settle(self, user: str | None, group: str | None) -> None:
        """Go on as another user, up to the end of the request: what mpm-itk does."""
        self._user = (user, group)
        self._files = self._served_files = None

    def who(self) -> str:
        """The name of the user that files are touched as, for messages."""
        if self.worker is not None and not self._changes_user:
            from audit403.files.running import user_of

            return user_of(self.evidence, self.worker)
        user = self.model.worker.user if self._user is None else self._user[0]
        return user or "httpd"

    @property
    def is_settled(self) -> bool:
        """Whether mpm-itk knows already whom it goes on as."""
        return self._user is not None

    def served_files(self) -> Files:
        """The same for what is walked through and sent, with what is assumed of it."""
        if self._served_files is None:
            known = self.served is self.evidence
            self._served_files = (
                self.files() if known else Files(Resolver(self.served, self._identity(), self._guard()))
            )
        return self._served_files

    def assume_path(self, path: str) -> bool:
        """Take it that a path that is asked for is there; False where the tree is known."""
        if not isinstance(self.served, AssumedTree):
            return False
        self.served = self.served.asked_for(path)
        self._served_files = None
        return True

    def run(self, phase: str, exchange: Exchange) -> int:
        """The hooks of a phase, as httpd runs them."""
        hooks: tuple[Run, ...] = self.hooks[phase]
        first = HOW[phase] == RUN_FIRST
        for hook in hooks:
            status = hook(exchange)
            if status != DECLINED and (first or status != OK):
                return status
        return DECLINED if first else OK

    def invoke_handler(self, exchange: Exchange) -> int:
        """The content of an answer: the handler that is set, otherwise the one for the type."""
        before = exchange.handler
        if exchange.handler is None:
            named = exchange.content_type if exchange.type_trusted else None
            exchange.handler = "" if named is None else named.partition(";")[0].rstrip(" ")
        status = self.run("handler", exchange)
        exchange.handler = before
        return SERVER_ERROR if status == DECLINED else status

    def process(self, exchange: Exchange) -> int:
        """All phases and the handler."""
        status = process_request(exchange)
        return self.invoke_handler(exchange) if status == OK else status

    def _identity(self) -> Identity:
        if self._changes_user and self._user is None:
            from audit403.apache.decide.mpm_itk import BEFORE

            return BEFORE
        if self.worker is not None and not self._changes_user:
            from audit403.files.running import identity_of_process

            return identity_of_process(self.worker)
        worker = self.model.worker
        user, group = (worker.user, worker.group) if self._user is None else self._user
        if user is None:
            raise Undecided(Missing("file-not-collected", "the user that httpd runs as"))
        evidence = self.evidence
        named = None if group is None else numbered(evidence, group, is_group=True)
        found = identity_of(evidence, numbered(evidence, user), named)
        if not isinstance(found, Identity):
            raise Undecided(Missing("file-not-collected", f"the user {user}"))
        return found

    def _guard(self) -> "Guard | None":
        if self.worker is None:
            return None
        from audit403.files.guards import guard_of

        return guard_of(self.evidence, self.worker)

    def _decide_once(self, request: Request, answers: tuple[bool, ...]) -> Decision:
        client = parse_plain(request.client)
        if client is None:
            return Decision(UNKNOWN, None, "client-address", missing=(Missing("undocumented", request.client),))
        connected = connect(self.model, request, client)
        if isinstance(connected, Step):
            return Decision(NOT_REFUSED, None, NOT_LISTENING, trace=(connected,))
        connection, server = connected
        exchange = Exchange(self, request, connection, server)
        exchange.answers = answers
        self._last = exchange
        if self._user is not None:
            self._user = self._files = self._served_files = None
        try:
            shaken = self._shake_hands(exchange)
            if shaken == CLOSED:
                return Decision(NOT_REFUSED, None, "handshake-failed", trace=tuple(exchange.steps))
            status = BAD_REQUEST if shaken == PLAIN else read_head(exchange)
            last = die(exchange, self.process(exchange) if status == OK else status)
            read_what_is_left(last)
        except Undecided as error:
            return Decision(UNKNOWN, None, "not-known", missing=(error.missing,), trace=tuple(exchange.steps))
        self._last = last
        return _decision(last)

    def _shake_hands(self, exchange: Exchange) -> str:
        """How the TLS handshake ends, where it is known which servers speak TLS."""
        if not self.has("ssl") or self.model.process.lenient:
            return OPEN
        shaken = shake_hands(exchange)
        if shaken == PLAIN:
            exchange.per_dir = exchange.server.lookup_defaults
            exchange.decided("plain-http", None, "")
        return shaken


def _decision(exchange: Exchange) -> Decision:
    """The decision of the exchange that was answered in the end."""
    trace = tuple(exchange.steps)
    cause = exchange.cause
    status = exchange.status if exchange.status_known else None
    if status == 403:
        if cause is None:
            return Decision(REFUSED, 403, "unexplained", trace=trace)
        return Decision(REFUSED, 403, cause.name, cause.where, cause.because, exchange.handed_to, (), trace, cause.log)
    if exchange.handed_to is not None and (status is None or status == 200):
        return Decision(NOT_REFUSED, None, "handed-on", None, (), exchange.handed_to, (), trace)
    if status is None or status < 400 or cause is None:
        return Decision(NOT_REFUSED, status, "served", None, (), exchange.handed_to, (), trace)
    return Decision(NOT_REFUSED, status, cause.name, cause.where, cause.because, exchange.handed_to, (), trace)
