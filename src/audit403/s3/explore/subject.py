"""What a rule gets to know of a refused request to a bucket."""

from audit403.core.named_tuple import NamedTuple
from audit403.s3.decide.request import S3Request
from audit403.s3.explore.ordinary import Profile
from audit403.s3.model.bucket import Bucket
from audit403.s3.model.distribution import Behaviour, Distribution, Origin
from audit403.s3.model.policy import Statement
from audit403.s3.model.resource import resource_of
from audit403.s3.model.world import AccessPoint

BY_STATEMENT, BY_ACL, BY_WEBSITE, BY_DISTRIBUTION = "statement", "acl", "website", "distribution"
BY_ACCESS_POINT = "access point"
DECLARED, MISSING_PAGE, BELOW_ROOT, ERROR_DOCUMENT = "declared", "missing page", "folder", "error document"


class Behind(NamedTuple):
    """CloudFront before a bucket: one of a distribution's origins, and a behaviour that asks it; `number` and
    `behaviour_number` are their places among the others.
    """

    distribution: Distribution
    origin: Origin
    number: int
    behaviour: Behaviour
    behaviour_number: int


class S3Subject:
    """`meant` says what means to let the request in: the statement `allow`, an ACL, that it is a website, that an
    origin of a distribution of CloudFront is the bucket, or the policy of an access point.

    `request` is what S3 sees; `someone_passes` that the same is served to somebody else whom the policies single out.
    `denied_by` are, where nobody passes, the statements of the policy by which each of those is denied who were tried.
    `keys` are the collected objects that are refused for the same reason, each with how many it stands for. `mistaken`
    says that it comes of a mistake in a statement, which is a fact of its own.
    """

    __slots__ = (
        "allow", "behind", "bucket", "denied_by", "keys", "meant", "mistaken", "point", "profile", "request",
        "someone_passes",
    )  # fmt: skip

    def __init__(
        self,
        bucket: Bucket,
        meant: str,
        profile: Profile,
        request: S3Request,
        allow: Statement | None = None,
        someone_passes: bool = False,
        behind: Behind | None = None,
        point: AccessPoint | None = None,
    ) -> None:
        self.bucket = bucket
        self.meant = meant
        self.profile = profile
        self.request = request
        self.allow = allow
        self.someone_passes = someone_passes
        self.behind = behind
        self.point = point
        self.mistaken = False
        self.denied_by: tuple[tuple[Statement, ...], ...] = ()
        key = resource_of(request.resource).key
        alike = 0 if key is None else bucket.alike(key)
        self.keys = {key: alike} if key is not None and alike else {}

    @property
    def server(self) -> "S3Subject":
        """The bucket stands for the server."""
        return self

    def first_name(self) -> str:
        """The name of the bucket."""
        return self.bucket.name

    def more_like_it(self) -> int:
        """How many further objects are refused for the same reason."""
        return max(sum(self.keys.values()) - 1, 0)

    def allow_is_for_everybody(self) -> bool:
        """Whether the statement that means to let the request in is for everybody."""
        named = None if self.allow is None else self.allow.named
        return named is not None and named.everybody
