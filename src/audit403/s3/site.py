"""What a document, or a recorded state, says of buckets, as a site: it answers requests and finds its own refusals."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from audit403.core.decision import NOT_REFUSED, REASON_UNDOCUMENTED, UNKNOWN, Decision, Missing
from audit403.core.edit import BucketEdit, Edit, TextEdit, edited
from audit403.core.errors import BadUsage
from audit403.core.fact import Fact
from audit403.core.family import Comment, NotAudited, Options, RunsAs, comments_in
from audit403.core.request import Request
from audit403.core.source import Source
from audit403.s3.decide import causes
from audit403.s3.decide.evaluator import Evaluator
from audit403.s3.decide.request import WEBSITE, S3Request
from audit403.s3.decide.said import Considered
from audit403.s3.decide.trace import with_trace
from audit403.s3.explore.ordinary import NO_SUCH_FOLDER, NO_SUCH_KEY
from audit403.s3.model.access_list import BUCKET_OWNER
from audit403.s3.model.bucket import Bucket, StoredObject
from audit403.s3.model.encryption import PLAIN
from audit403.s3.model.resource import resource_of
from audit403.s3.model.website import Website
from audit403.s3.model.world import World
from audit403.s3.read.described import UNRESOLVED, Described
from audit403.s3.read.documents import describe
from audit403.s3.read.policy_file import STATE
from audit403.s3.url import request_of_url

_USUAL_ACCOUNT: dict[str, Any] = {
    "public_access_block": None,
    "service_control_policies": [],
    "resource_control_policies": [],
}

_TO_US = b"audit403:"
_COMMENT = re.compile(rb"(?:^|[ \t])((?:#|//)[^\n]*audit403:[^\n]*)", re.MULTILINE)


class S3Site:
    """One document with the world that it describes."""

    def __init__(self, described: Described, options: Options) -> None:
        self.described = described
        self.options = options
        self.main = described.main
        self.files = tuple(described.sources)
        self.size = sum(len(source.data) for source in described.sources.values())
        self.not_audited = (*described.not_audited, *_unresolved(described))
        self.assumed: str | None = None
        self.world = World(with_what_is_usual(described), described.places, described.by_default)
        self.evaluator = Evaluator(self.world)
        self._not_explored: tuple[NotAudited, ...] = ()

    def asked(self, request: Request) -> S3Request:
        """A request as S3 sees it."""
        return request_of_url(row_of(request), self.world)[1]

    def decide(self, request: Request) -> Decision:
        """What S3 answers. Of an object nothing was collected of it is taken for granted that it is an ordinary one."""
        try:
            asked = self.asked(request)
        except BadUsage as fault:  # a method that S3 has for nothing of the kind
            missing = Missing(REASON_UNDOCUMENTED, str(fault))
            return Decision(UNKNOWN, None, causes.NOT_ALLOWED_METHOD, missing=(missing,))
        self._take_for_granted(asked)
        considered: list[Considered] = []
        return with_trace(self.evaluator.decide(asked, considered), asked, considered)

    def _take_for_granted(self, asked: S3Request) -> None:
        resource = resource_of(asked.resource)
        bucket = None if resource.bucket is None else self.world.bucket(resource.bucket)
        if not isinstance(bucket, Bucket) or resource.key is None:
            return
        website = bucket.website if asked.endpoint == WEBSITE else None
        suffix = website.suffix or "" if isinstance(website, Website) else ""
        key = f"{resource.key}{suffix}" if resource.key.endswith("/") or not resource.key else resource.key
        bucket.assume(key, None if key.endswith((NO_SUCH_KEY, NO_SUCH_FOLDER)) else _ordinary(bucket))

    def docroots(self) -> Iterable[str]:
        """None: nothing lies in a file system."""
        return ()

    def runs_as(self) -> tuple[RunsAs, ...]:
        """Nobody: no files are touched."""
        return ()

    def with_tree(self, tree: str) -> "S3Site":
        """The same site; whether this machine's files are there makes no difference."""
        return S3Site(self.described, self.options._replace(tree=tree))

    def facts(self) -> Iterator[Fact]:
        """Every refusal of what a policy means to let in, and what in the documents cannot work."""
        from audit403.s3.explore.explorer import Explorer

        explorer = Explorer(self)
        yield from explorer.facts()
        self._not_explored = tuple(explorer.missed)

    def alike_facts(self) -> Iterator[Fact]:
        """None: `facts` tells of every bucket."""
        return iter(())

    def not_explored(self) -> tuple[NotAudited, ...]:
        """What exploration cut off."""
        return self._not_explored

    def comments(self) -> Iterable[Comment]:
        """Those that speak to us: JSON has none, YAML and Terraform's language have."""
        for source in self.described.sources.values():
            if _TO_US in source.data and source.data.lstrip()[:1] != b"{":
                yield from comments_in(source, (found.span(1) for found in _COMMENT.finditer(source.data)))

    def with_changes(self, edits: Iterable[Edit]) -> "S3Site":
        """The same site after some edits of its files."""
        texts: dict[str, list[TextEdit]] = {}
        settings: list[BucketEdit] = []
        for edit in edits:
            if isinstance(edit, TextEdit):
                texts.setdefault(edit.file, []).append(edit)
            elif isinstance(edit, BucketEdit):
                settings.append(edit)
        if settings:
            return S3Site(self.described._replace(state=with_settings(self.described.state, settings)), self.options)
        changed = {}
        for path, source in self.described.sources.items():
            content = edited(source.data, texts.get(path, ()))
            if content is None:
                raise ValueError(f"{path} cannot be edited: two edits overlap, or one lies outside the file")
            changed[path] = Source(path, content)
        for described in describe(self.main, changed):
            if described.kind == self.described.kind:
                return S3Site(described, self.options)
        raise ValueError(f"{self.main} is no longer a document about buckets after the edit")

    def source(self, path: str) -> bytes | None:
        """The bytes of one of its files."""
        found = self.described.sources.get(path)
        return None if found is None else found.data

    def makes_public(self, request: Request) -> bool:
        """Whether nobody unsigned is let in to the same so far: not over TLS at the REST endpoint either."""
        if request.principal is not None:
            return False
        from audit403.s3.explore.asking import request_for
        from audit403.s3.explore.ordinary import ANONYMOUS

        resource = self.asked(request).resource
        return self.decide(request_for(self.world, ANONYMOUS, request.method, resource)).verdict != NOT_REFUSED


def _unresolved(described: Described) -> Iterator[NotAudited]:
    """What of a document is not known before it is deployed, and would decide."""
    for kind, where, message in described.faults:
        if kind == UNRESOLVED:
            yield NotAudited(f"{where.file}:{where.line}", message)


def _ordinary(bucket: Bucket) -> StoredObject:
    """An object of which nothing is known: the bucket owner's, and encrypted as the bucket does by default."""
    default = bucket.encryption
    return StoredObject(BUCKET_OWNER, (), PLAIN if isinstance(default, Missing) else default, False)


def with_settings(state: dict[str, Any], edits: Iterable[BucketEdit]) -> dict[str, Any]:
    """A state in which some settings of buckets have other values."""
    buckets = {**state["buckets"]}
    for edit in edits:
        buckets[edit.bucket] = {**buckets[edit.bucket], edit.setting: json.loads(edit.value)}
    return {**state, "buckets": buckets}


def row_of(request: Request) -> dict[str, Any]:
    """A request as the lines of a batch have it."""
    return {
        "url": request.url(),
        "method": request.method,
        "client": request.client,
        "headers": dict(request.headers),
        "principal": request.principal,
        "context": {key: value or None for key, value in request.context},
        "profile": request.way,
    }


def with_what_is_usual(described: Described) -> dict[str, Any]:
    """The state, with what is taken for granted around documents of a repository.

    An account has no Block Public Access of its own and no organization with policies; a recorded state says so itself.
    """
    if described.kind == STATE:
        return described.state
    account = described.state.get("account")
    return {**described.state, "account": {**_USUAL_ACCOUNT, **(account if isinstance(account, dict) else {})}}
