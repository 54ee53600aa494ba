"""A rule about methods refuses one that clients of this place need: HEAD, a preflight, a form, WebDAV."""

from collections.abc import Iterator
from itertools import islice

from audit403.apache.decide.exchange import Exchange
from audit403.apache.explore.audience import audience, named_networks
from audit403.apache.explore.doors import Doors
from audit403.apache.explore.subject import Subject
from audit403.apache.model.authn import AUTHN_CORE, AuthnCoreConfig
from audit403.apache.model.core_config import CORE, CoreConfig
from audit403.apache.model.dav import DAV, DavConfig
from audit403.apache.model.headers import HEADERS, HeadersConfig
from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.decision import REFUSED, Decision, Step
from audit403.core.fact import Fact, Refusal
from audit403.core.family import Site
from audit403.core.finding import ERROR, MANUAL, NOTE, WARNING, Finding, Fix
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Because
from audit403.core.registry import check
from audit403.core.request import Request
from audit403_checks.apache.method_lists import is_named, letting_through
from audit403_checks.apache.subjects import refusal_of
from audit403_checks.methods import FORMS, MOST_PLACES, NAMED_SO, PREFLIGHT, announces, is_written_to, listed
from audit403_checks.support import finding_of

_NAME = "apache/method-refused"
_TO_LIST = ("PROPFIND", "OPTIONS")
_TO_WRITE = ("PUT", "DELETE", "MKCOL", "MOVE", "COPY", "PROPPATCH", "LOCK", "UNLOCK")
_FIELDS = ("method", "variable:THE_REQUEST")
_NO_PAGE = (401, 404, 500)
_LEFT_TO_A_PERSON = Fix("list the methods that the program needs, if it needs more", MANUAL)


class _Place(NamedTuple):
    """A target where the rule lets GET through: what that comes to, and what was in effect."""

    target: str
    got: Decision
    exchange: Exchange


@check(WARNING, "require", "access-compat", "rewrite-rule")
def method_refused(fact: Fact, site: Site) -> Iterator[Finding]:
    """GET is answered here and the other method is not; that only reading is meant shows in nothing needing more."""
    found = refusal_of(fact)
    if found is None or not isinstance(site, ApacheSite) or not _is_about_methods(found[0].decision):
        return
    refusal, subject = found
    places = list(islice(_answered(refusal, subject), MOST_PLACES))
    told = _Told(site, refusal, subject)
    for judged in (_preflight, _webdav, _head, _form):
        finding = next((one for place in places if (one := judged(told, place)) is not None), None)
        if finding is not None:
            yield finding
            if judged is not _preflight:
                return


def _answered(refusal: Refusal, subject: Subject) -> Iterator[_Place]:
    """The places that the rule does not close to GET."""
    targets = [refusal.witness.target, *(hit.request.target for hit in subject.hits), *refusal.addresses]
    for target in dict.fromkeys(targets):
        request = refusal.witness._replace(target=target, method="GET")
        decision, exchange = subject.exchange.evaluator.followed(request)
        if decision.verdict != REFUSED or decision.where != refusal.where:
            yield _Place(target, decision, exchange)


class _Told:
    """The refusal, asked with other methods."""

    def __init__(self, site: ApacheSite, refusal: Refusal, subject: Subject) -> None:
        self.site, self.refusal, self.subject = site, refusal, subject
        self._named = named_networks(subject)

    def asked(self, place: _Place, method: str) -> Request:
        """The witness with another method, at a place."""
        headers = (*self.refusal.witness.headers, *PREFLIGHT) if method == "OPTIONS" else self.refusal.witness.headers
        return self.refusal.witness._replace(target=place.target, method=method, headers=headers)

    def is_refused(self, place: _Place, method: str) -> bool:
        """Whether the rule about methods refuses it."""
        decision = self.site.decide(self.asked(place, method))
        return decision.verdict == REFUSED and decision.where == self.refusal.where and _is_about_methods(decision)

    def is_refused_to_all(self, place: _Place, method: str) -> bool:
        """Whether there is nobody whose request with this method is taken."""
        if not self.is_refused(place, method):
            return False
        doors = Doors(self.site.model).of(self.subject.server)
        return not audience(self.site, self.asked(place, method), doors, self._named).let_in

    def finding(
        self,
        place: _Place,
        severity: str,
        message: str,
        methods: list[str],
        chain: tuple[Because, ...] = (),
        let: list[str] | None = None,
    ) -> Finding:
        """The finding, with a request of the first of the methods for its witness; the fix may let only some pass."""
        let = methods if let is None else let
        request = self.asked(place, methods[0])
        decision = self.site.decide(request)
        where = [step.where for step in reversed(decision.trace) if step.field in _FIELDS]
        edits = letting_through(self.subject, where, let) if severity != NOTE else None
        fix = _LEFT_TO_A_PERSON if severity == NOTE else edits or Fix(f"let {listed(let)} through", MANUAL)
        about = self.refusal._replace(
            witness=request, decision=decision, because=(*chain, *decision.because), who=f"{listed(methods)} requests"
        )
        return finding_of(_NAME, severity, message, about, (fix,), anchor=methods[0])


def _preflight(told: _Told, place: _Place) -> Finding | None:
    """Where CORS headers announce more than simple requests, browsers ask with OPTIONS first."""
    header = _announced(place.exchange)
    if header is None or not told.is_refused(place, "OPTIONS"):
        return None
    message = f"{place.target} is for other sites' pages too and refuses OPTIONS: no preflight gets through"
    return told.finding(place, ERROR, message, ["OPTIONS"], (Because(header.span, "is for preflights"),))


def _webdav(told: _Told, place: _Place) -> Finding | None:
    """WebDAV is switched on, and what its clients begin with refused to everybody."""
    dav: DavConfig = place.exchange.config(DAV, DavConfig())
    if dav.provider is None or dav.directive is None or not told.is_refused_to_all(place, _TO_LIST[0]):
        return None
    methods = [method for method in (*_TO_LIST, *_TO_WRITE) if told.is_refused(place, method)]
    authn: AuthnCoreConfig = place.exchange.config(AUTHN_CORE, AuthnCoreConfig())
    # Where nobody is asked for a password it is not for us to let everybody write.
    let = methods if authn.auth_type is not None else [method for method in methods if method in _TO_LIST]
    offer = f"`{dav.directive.written} {dav.directive.raw.strip()}` offers WebDAV at {place.target}"
    message = f"{offer}, and {listed(methods)} {'is' if len(methods) == 1 else 'are'} refused to everybody"
    return told.finding(place, ERROR, message, methods, (Because(dav.directive.span, "offers WebDAV"),), let)


def _head(told: _Told, place: _Place) -> Finding | None:
    if place.got.verdict == REFUSED or place.got.status in _NO_PAGE or not told.is_refused(place, "HEAD"):
        return None
    message = f"{place.target} answers GET and refuses HEAD, with which monitors and link checkers ask"
    return told.finding(place, WARNING, message, ["HEAD"])


def _form(told: _Told, place: _Place) -> Finding | None:
    """POST to a program; who names POST among the methods to refuse means it."""
    if place.got.handed_to is None or not told.is_refused_to_all(place, "POST"):
        return None
    reason, directive = _expects_bodies(place)
    message = f"{place.target} refuses POST, and {reason or 'it goes to another program'}"
    where = [step.where for step in told.refusal.decision.trace if step.field in _FIELDS]
    is_meant = is_named(told.subject, where, "POST")
    chain = () if directive is None else (Because(directive.span, "is for requests with a body"),)
    return told.finding(place, WARNING if reason and not is_meant else NOTE, message, ["POST"], chain)


def _expects_bodies(place: _Place) -> tuple[str, Directive | None]:
    """Why requests with a body are to be expected."""
    core: CoreConfig = place.exchange.config(CORE, CoreConfig())
    if is_written_to(place.target):
        return NAMED_SO, None
    if core.limit_request_body:
        return "`LimitRequestBody` expects bodies", None
    names = f"{place.got.handed_to} {place.exchange.filename} {place.exchange.handler}".lower()
    return (FORMS, None) if "php" in names else ("", None)


def _announced(exchange: Exchange) -> Directive | None:
    """The header that is for preflights."""
    config: HeadersConfig = exchange.config(HEADERS, HeadersConfig())
    for line in (*config.always, *config.answer):
        value = "".join(tag.text for tag in line.tags if not tag.kind).lower()
        if line.action != "unset" and announces(line.header.lower(), value):
            return line.directive
    return None


def _is_about_methods(decision: Decision) -> bool:
    return any(_names_method(step) for step in decision.trace)


def _names_method(step: Step) -> bool:
    return step.field in _FIELDS
