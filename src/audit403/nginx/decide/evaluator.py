"""The run of a request through nginx's phases.

Truth: ngx_http_core_run_phases in src/http/ngx_http_core_module.c; facts about the order of handlers were verified on
the real server.
"""

from time import time
from typing import TYPE_CHECKING

from audit403.core.decision import NOT_LISTENING, NOT_REFUSED, REFUSED, UNKNOWN, Decision, Missing, Step
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Undecided, decide_either_way
from audit403.core.place import Because
from audit403.core.request import Request
from audit403.core.traced import Cause
from audit403.evidence.interface import Evidence
from audit403.files.identity import Identity, identity_of
from audit403.files.resolve import Resolver
from audit403.http.regex import MatchFailed
from audit403.nginx.decide.access import access_phase
from audit403.nginx.decide.choose_server import choose_socket, client_on
from audit403.nginx.decide.content import content_phase
from audit403.nginx.decide.error_page import ErrorPage, error_pages_of, special_response
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.find_location import enter_location, find_location
from audit403.nginx.decide.limits import limits
from audit403.nginx.decide.map_path import Root, root_of
from audit403.nginx.decide.other_programs import after_rewriting, after_server_rewriting, firewall, in_effect
from audit403.nginx.decide.outcome import Closed, HandedOn, Named, Outcome, Redirect, Sent, Status
from audit403.nginx.decide.real_ip import Trusted, real_ip, trusted_by
from audit403.nginx.decide.request_head import read_head
from audit403.nginx.decide.rewrite import CLOSES, run_rewrite
from audit403.nginx.decide.try_files import try_files
from audit403.nginx.decide.worker_files import WorkerFiles
from audit403.nginx.model.address import parse_address
from audit403.nginx.model.context import CONTENT_PASS, LIMIT_EXCEPT, Context, is_handler
from audit403.nginx.model.location import Location
from audit403.nginx.model.model import Model
from audit403.nginx.model.server import Server
from audit403.nginx.read.tree import Directive

if TYPE_CHECKING:
    from audit403.evidence.machine import Process
    from audit403.files.guard import Guard
    from audit403.http.php_fpm import Pools
    from audit403.nginx.model.referers import Referers

_INHERITED_HANDLERS = CONTENT_PASS - {"memcached_pass"}
CLOSED = "closed"
"""The cause of a decision without a status where nginx closes the connection instead of answering."""
REFUSED_TOO = "refused-too"
"""The operator of the step that says that the page for a refusal is refused, and where."""

_DEEPEST_HAND_ON = 8
_MOST_DECIDED = 256


class Answer(NamedTuple):
    """How one run ended: a status, or the program that answers."""

    status: int | None
    program: str | None
    cause: Cause | None
    exchange: Exchange
    closed: bool = False


class Evaluator:
    """Answers requests for one model and one world; both stay as they are while it lives.

    `worker` is the process that serves, where it is known.
    """

    def __init__(
        self, model: Model, evidence: Evidence, *, now: int | None = None, worker: "Process | None" = None
    ) -> None:
        self.model = model
        self._evidence = evidence if worker is None else _seen_by(worker, evidence)
        self._worker = worker
        #: Whether anything of the world was looked at since the last request began.
        self._looked = False
        self._geoip2_readers: dict[str, object] = {}
        self._php_pools: Pools | None = None
        self._now = now
        self._files: WorkerFiles | None = None
        self._roots: dict[Context, Root] = {}
        self._error_pages: dict[Context, tuple[ErrorPage, ...]] = {}
        self._referers: dict[Context, Referers | None] = {}
        self._trusted: dict[Context, Trusted] = {}
        self._handlers: dict[Context, Directive | None] = {}
        self._others: dict[Context, tuple[Directive, ...]] = {}
        self._decided: dict[Request, Decision] = {}

    @property
    def evidence(self) -> Evidence:
        """The world; who asks for it hangs on it."""
        self._looked = True
        return self._evidence

    @property
    def worker(self) -> "Process | None":
        """The process that serves, where it is known."""
        self._looked = True
        return self._worker

    @property
    def geoip2_readers(self) -> dict[str, object]:
        """The databases that were opened."""
        self._looked = True
        return self._geoip2_readers

    @property
    def php_pools(self) -> "Pools":
        """The pools of php-fpm that run there."""
        if self._php_pools is None:
            from audit403.http.php_fpm import Pools

            self._php_pools = Pools(self._evidence)
        self._looked = True
        return self._php_pools

    def decide(self, request: Request, depth: int = 0, *, http_10: bool = False) -> Decision:
        """What nginx answers. A test that the evidence leaves open is tried both ways; only a difference is unknown.

        `depth` counts how often nginx has handed the request on to itself; it speaks HTTP/1.0 then by default.
        """
        if depth or http_10:
            return self._decide(request, depth, http_10)
        known = self._decided.get(request)
        if known is None:  # exploration, and the replay of fixes, ask again and again for the same few
            if len(self._decided) >= _MOST_DECIDED:
                self._decided.clear()
            known = self._decided[request] = self._decided_anywhere(request)
        return known

    def _decided_anywhere(self, request: Request) -> Decision:
        """An answer that another world with the same configuration has shown, where it hangs on no world."""
        known = self.model.answers.get(request)
        if known is None:
            before, self._looked = self._looked, False
            known = self._decide(request, 0, False)
            if not self._looked:
                if len(self.model.answers) >= _MOST_DECIDED:
                    self.model.answers.clear()
                self.model.answers[request] = known
            self._looked = self._looked or before
        return known

    def decide_anew(self, request: Request) -> Decision:
        """The same and not from memory, for what is noted on the way to it."""
        return self._decide(request, 0, False)

    def _decide(self, request: Request, depth: int, http_10: bool) -> Decision:
        def once(answers: tuple[bool, ...]) -> Decision:
            try:
                return self._decide_once(request, answers, depth, http_10)
            except MatchFailed as error:
                step = Step("regex", f"PCRE gives up: {error}")
                return Decision(NOT_REFUSED, 500, "regex-failed", trace=(step,))

        return decide_either_way(once)

    def files(self) -> WorkerFiles:
        """The file system as the worker sees it. Raises Undecided when the worker's user is not known."""
        self._looked = True
        if self._files is None:
            self._files = WorkerFiles(Resolver(self.evidence, self._identity(), self._guard()))
        return self._files

    def who(self) -> str:
        """The name of the user that files are touched as, for messages."""
        if self.worker is None:
            return self.model.worker.user
        from audit403.files.running import user_of

        return user_of(self.evidence, self.worker)

    def now(self) -> int:
        """Seconds since the epoch."""
        self._looked = True
        return int(time()) if self._now is None else self._now

    def root(self, context: Context) -> Root:
        """The effective root or alias of a context."""
        found = self._roots.get(context)
        if found is None:
            found = self._roots[context] = root_of(context, self.model.prefix)
        return found

    def error_pages(self, context: Context) -> tuple[ErrorPage, ...]:
        """The effective error pages of a context."""
        found = self._error_pages.get(context)
        if found is None:
            found = self._error_pages[context] = error_pages_of(context)
        return found

    def referers(self, context: Context) -> "Referers | None":
        """The effective valid_referers of a context."""
        if context not in self._referers:
            from audit403.nginx.model.referers import referers_of

            self._referers[context] = referers_of(context)
        return self._referers[context]

    def other_programs(self, context: Context) -> tuple[Directive, ...]:
        """The directives of other modules that may decide in a context."""
        found = self._others.get(context)
        if found is None:
            found = self._others[context] = in_effect(context)
        return found

    def trusted(self, context: Context) -> Trusted:
        """The effective set_real_ip_from of a context."""
        self._looked = True
        found = self._trusted.get(context)
        if found is None:
            found = self._trusted[context] = trusted_by(context, self.evidence)
        return found

    def set_content_handler(self, exchange: Exchange) -> None:
        """Take the handler of the context that was just entered, when it has one."""
        context = exchange.context
        if context not in self._handlers:
            self._handlers[context] = _handler_of(context)
        handler = self._handlers[context]
        if handler is not None:
            exchange.content_handler = handler

    def subrequest(self, exchange: Exchange, uri: str) -> Answer:
        """Run a subrequest: the access phase is left out, variables are shared."""
        inner = Exchange(self, exchange.request, exchange.socket, exchange.server)
        inner.is_subrequest = True
        inner.main = exchange.main
        inner.internal = True
        inner.method = "GET"
        inner.uri = uri
        inner.host = exchange.host
        inner.http_10 = exchange.http_10
        inner.valid_unparsed_uri = False
        inner.body_discarded = exchange.body_discarded
        inner.counted = exchange.counted
        inner.request_line_target = exchange.request_line_target
        inner.variables, inner.left_over = exchange.variables, exchange.left_over
        inner.client, inner.connection_client = exchange.client, exchange.connection_client
        inner.real_ip_done = exchange.real_ip_done
        inner.tls_server = exchange.tls_server
        inner.answers, inner.asked = exchange.answers, exchange.asked
        inner.steps = exchange.steps
        inner.depth = exchange.depth + 1
        answer = self._run(inner, None)
        # The client's address belongs to the connection, so that real_ip in a subrequest holds for the request too.
        exchange.client, exchange.real_ip_done = inner.client, inner.real_ip_done
        return answer

    def _identity(self) -> Identity:
        if self.worker is not None:
            from audit403.files.running import identity_of_process

            return identity_of_process(self.worker)
        worker = self.model.worker
        identity = identity_of(self.evidence, worker.user, worker.group or self._default_group(worker.user))
        if not isinstance(identity, Identity):
            raise Undecided(Missing("file-not-collected", f"the user {worker.user}"))
        return identity

    def _guard(self) -> "Guard | None":
        if self.worker is None:
            return None
        from audit403.files.guards import guard_of

        return guard_of(self.evidence, self.worker)

    def _default_group(self, user: str) -> str | None:
        """Nginx takes the group that has the user's name, when there is one."""
        from audit403.evidence.interface import Group

        return user if isinstance(self.evidence.group(user), Group) else None

    def _decide_once(self, request: Request, answers: tuple[bool, ...], depth: int, http_10: bool) -> Decision:
        client = parse_address(request.client)
        if client is None:
            return Decision(UNKNOWN, None, "client-address", missing=(Missing("undocumented", request.client),))
        socket = choose_socket(self.model, request, client)
        if socket is None or socket.default is None:
            step = Step("connection", f"nobody listens on port {request.port} for {client.family} clients")
            return Decision(NOT_REFUSED, None, NOT_LISTENING, trace=(step,))
        if request.tls is not None and not socket.tls:
            step = Step("connection", f"{socket.listen.label()} speaks no TLS")
            return Decision(NOT_REFUSED, None, "no-tls", trace=(step,))
        exchange = Exchange(self, request, socket, socket.default)
        exchange.answers = answers
        exchange.depth = depth
        exchange.http_10 = http_10
        exchange.client = exchange.connection_client = client_on(socket, client)
        try:
            answer = self._run(exchange, self._begin(exchange))
        except Undecided as error:
            return Decision(UNKNOWN, None, "not-known", missing=(error.missing,), trace=tuple(exchange.steps))
        return _decision(answer, exchange)

    def _begin(self, exchange: Exchange) -> Outcome | None:
        outcome = read_head(exchange)
        if outcome is None:
            real_ip(exchange)
        return outcome

    def _run(self, exchange: Exchange, outcome: Outcome | None) -> Answer:
        if outcome is None:
            outcome = self._from_server_rewrite(exchange)
        while True:
            if isinstance(outcome, Status) and outcome.code in CLOSES:
                outcome = Closed()
            elif isinstance(outcome, Status):
                self._note_refusal(exchange, outcome.code)
                outcome = special_response(exchange, outcome.code)
            elif isinstance(outcome, Redirect):
                outcome = self._redirect(exchange, outcome)
            elif isinstance(outcome, Named):
                outcome = self._named(exchange, outcome)
            elif isinstance(outcome, Sent) and outcome.body is not None:
                from audit403.nginx.decide.conditional import conditional

                outcome = conditional(exchange, outcome)
            elif isinstance(outcome, Sent):
                return Answer(exchange.err_status or outcome.code, None, exchange.cause, exchange)
            elif isinstance(outcome, HandedOn):
                return Answer(exchange.err_status or None, outcome.program, exchange.cause, exchange)
            else:
                return Answer(None, None, exchange.cause, exchange, closed=True)

    def _note_refusal(self, exchange: Exchange, code: int) -> None:
        if exchange.err_status == 403 and code == 403 and exchange.refusal is not None:
            first, second = exchange.refusal, exchange.cause
            if second is not None:
                text = "the page for it is refused too: nginx sends its own"
                exchange.step("error_page", text, second.where, operator=REFUSED_TOO)
                first = first._replace(because=first.because + second.because, log=first.log or second.log)
            exchange.cause = exchange.refusal = first
        elif code == 403:
            exchange.refusal = exchange.cause

    def _redirect(self, exchange: Exchange, redirect: Redirect) -> Outcome:
        exchange.uri_changes -= 1
        if exchange.uri_changes == 0:
            return self._cycle(exchange, f'while internally redirecting to "{redirect.uri}"')
        exchange.step("redirect", f"internal redirect to {redirect.uri}", value=redirect.uri)
        exchange.uri, exchange.args = redirect.uri, redirect.arguments
        _enter_server(exchange, exchange.server)
        exchange.internal = True
        exchange.valid_unparsed_uri = False
        exchange.secure_link_expires = exchange.fastcgi_names = None
        exchange.add_uri_to_alias = False
        exchange.valid_location = True
        return self._from_server_rewrite(exchange)

    def _named(self, exchange: Exchange, named: Named) -> Outcome:
        exchange.uri_changes -= 1
        if exchange.uri_changes == 0:
            return self._cycle(exchange, f'while redirect to named location "{named.name}"')
        if not exchange.uri:
            log = f'empty URI in redirect to named location "{named.name}"'
            exchange.decided("empty-uri", None, "", log=log)
            return Status(500)
        location = exchange.server.tree.named.get(named.name)
        if location is None:
            exchange.step("redirect", f"there is no location {named.name}: 500")
            exchange.decided("no-named-location", None, "", log=f'could not find named location "{named.name}"')
            return Status(500)
        exchange.step("redirect", f"on to location {named.name}", location.span(), value=named.name)
        exchange.internal = True
        exchange.secure_link_expires = exchange.fastcgi_names = None
        exchange.content_handler = None
        exchange.uri_changed = False
        exchange.context = exchange.location_context = location
        enter_location(exchange, location)
        return self._from_location_rewrite(exchange)

    def _cycle(self, exchange: Exchange, where: str) -> Outcome:
        exchange.step("redirect", f"too many internal redirects {where}: 500")
        exchange.decided("redirect-cycle", None, "", log=f"rewrite or internal redirection cycle {where}")
        return Status(500)

    def _from_server_rewrite(self, exchange: Exchange) -> Outcome:
        outcome = run_rewrite(exchange, exchange.server.code)
        if outcome is None and self.other_programs(exchange.context):
            outcome = after_server_rewriting(exchange)
        if outcome is not None:
            return outcome
        return self._from_find_location(exchange)

    def _from_find_location(self, exchange: Exchange) -> Outcome:
        return find_location(exchange) or self._from_location_rewrite(exchange)

    def _from_location_rewrite(self, exchange: Exchange) -> Outcome:
        while True:
            outcome = firewall(exchange) if self.other_programs(exchange.context) else None
            if outcome is None and isinstance(exchange.context, Location):
                outcome = run_rewrite(exchange, exchange.context.code)
            if outcome is None and self.other_programs(exchange.context):
                outcome = after_rewriting(exchange)
            if outcome is not None:
                return outcome
            if not exchange.uri_changed:
                break
            exchange.uri_changes -= 1
            if exchange.uri_changes == 0:
                return self._cycle(exchange, f'while processing "{exchange.uri}"')
            _enter_server(exchange, exchange.server)
            found = find_location(exchange)
            if found is not None:
                return found
        real_ip(exchange)
        return (
            limits(exchange)
            or firewall(exchange)
            or access_phase(exchange)
            or try_files(exchange)
            or content_phase(exchange)
        )


def _seen_by(worker: "Process", evidence: Evidence) -> Evidence:
    from audit403.files.mounts import world_of

    return world_of(evidence, worker)


def _handler_of(context: Context) -> Directive | None:
    """The content handler that entering a context sets; `limit_except` takes over a *_pass of its location.

    An `if` without one leaves the handler that is set, be it that of an `if` before it.
    """
    for directive in reversed(context.sequence):
        if is_handler(directive):
            return directive
    if context.kind == LIMIT_EXCEPT and context.parent is not None:
        for directive in reversed(context.parent.sequence):
            if directive.name in _INHERITED_HANDLERS:
                return directive
    return None


def _enter_server(exchange: Exchange, server: Server) -> None:
    exchange.server = server
    exchange.context = exchange.location_context = server


def _label(server: Server) -> str:
    return f'server "{server.first_name()}"'


def _decision(answer: Answer, exchange: Exchange) -> Decision:
    cause = exchange.refusal if answer.status == 403 and exchange.refusal is not None else answer.cause
    trace = tuple(exchange.steps)
    if answer.status == 403 and cause is not None:
        return Decision(REFUSED, 403, cause.name, cause.where, cause.because, answer.program, (), trace, cause.log)
    if answer.status == 403:
        return Decision(REFUSED, 403, "unexplained", trace=trace)
    name = "served" if cause is None else cause.name
    where = None if cause is None else cause.where
    because: tuple[Because, ...] = () if cause is None else cause.because
    if answer.closed:
        return Decision(NOT_REFUSED, None, CLOSED, where, because, None, (), trace)
    if answer.program is not None and answer.status is None:
        return Decision(NOT_REFUSED, None, "handed-on", None, (), answer.program, (), trace)
    if answer.status is not None and answer.status < 400:
        return Decision(NOT_REFUSED, answer.status, "served", None, (), answer.program, (), trace)
    log = cause.log if cause is not None and answer.status is not None and answer.status >= 500 else None
    return Decision(NOT_REFUSED, answer.status, name, where, because, answer.program, (), trace, log)
