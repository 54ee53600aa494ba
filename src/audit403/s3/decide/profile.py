"""Ways in which requests reach S3, by name: for each condition key a value, absent, or not known.

Truth: "Availability" of each key in
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html and
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html; of CloudFront,
https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from audit403.core.decision import REASON_NOT_COLLECTED, Missing
from audit403.core.errors import BadUsage
from audit403.core.named_tuple import NamedTuple
from audit403.s3.decide.request import REST, WEBSITE, S3Request
from audit403.s3.model.bucket import Bucket
from audit403.s3.model.caller import ANONYMOUS, FEDERATED, ROLE, ROOT, SERVICE, SESSION, USER, Caller, caller_of
from audit403.s3.model.pattern import Context
from audit403.s3.model.resource import resource_of
from audit403.s3.model.world import World

ANONYMOUS_HTTPS, ANONYMOUS_HTTP, PRESIGNED = "anonymous-https", "anonymous-http", "presigned"
OAC, OAI, OF_ROLE, VPCE = "cloudfront-oac", "oai", "role", "vpce"
NAMES = (ANONYMOUS_HTTPS, ANONYMOUS_HTTP, WEBSITE, f"{OAC}:ID", f"{OAI}:ID", f"{OF_ROLE}:ARN", f"{VPCE}:ID", PRESIGNED)
CLOUDFRONT = "cloudfront.amazonaws.com"
VISITOR = "192.0.2.1"
#: One of those from which CloudFront asks origins.
OF_CLOUDFRONT = "130.176.0.1"

Values = tuple[str, ...]
_ABSENT: Values = ()
_OF_RESOURCE = (
    "aws:resourceorgid", "aws:resourceorgpaths", "aws:resourcetag/", "s3:buckettag/", "s3:existingobjecttag/",
)  # fmt: skip
_OF_IAM = ("aws:principalorgid", "aws:principalorgpaths", "aws:principaltag/", "aws:userid")
_OF_SESSION = (
    "aws:multifactorauthpresent", "aws:multifactorauthage", "aws:tokenissuetime", "aws:sourceidentity",
    "aws:federatedprovider", "aws:ec2instancesourcevpc", "aws:ec2instancesourceprivateipv4", "ec2:", "lambda:", "glue:",
    "saml:", "aws:assumedroot",
)  # fmt: skip
_OF_ENDPOINT = (
    "aws:sourcevpc", "aws:sourcevpcarn", "aws:vpcsourceip", "aws:vpceaccount", "aws:vpceorgid", "aws:vpceorgpaths",
)  # fmt: skip
_OF_SERVICE = ("aws:sourceorgid", "aws:sourceorgpaths", "aws:sourceip", "aws:principalservicenameslist")
_TYPES = {USER: "User", SESSION: "AssumedRole", ROLE: "AssumedRole", ROOT: "Account", FEDERATED: "FederatedUser"}


class Brought(Mapping[str, Values | Missing]):
    """What a request brings: keys with values, keys of which nobody knows, and no others.

    `maybe` are the values of keys of which nobody knows whether the request has them at all.
    """

    def __init__(
        self,
        known: Mapping[str, Values | Missing],
        unknown: tuple[str, ...],
        whose: str,
        maybe: Mapping[str, Values] | None = None,
    ) -> None:
        self.maybe = maybe or {}
        self._known = dict(known)
        self._unknown = unknown
        self._whose = whose

    def __getitem__(self, key: str) -> Values | Missing:
        found = self._known.get(key)
        if found is not None:
            return found
        for start in self._unknown:
            if key == start or (start[-1] in "/:" and key.startswith(start)):
                return Missing(REASON_NOT_COLLECTED, f"{key} of {self._whose}")
        raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)

    def having(self, more: Mapping[str, Values | Missing]) -> "Brought":
        """The same with other values for some keys."""
        return Brought({**self._known, **more}, self._unknown, self._whose, self.maybe)


class Profile(NamedTuple):
    """One way: `kind` is the first part of its name, `about` what stands behind the colon. `secure` None: as asked."""

    kind: str
    about: str
    principal: str
    endpoint: str
    secure: bool | None


def profile_of(name: str, principal: str | None = None) -> Profile:
    """The profile of a name; `principal` is who asks, where the name leaves it open. Raises BadUsage."""
    kind, _, about = name.partition(":")
    if kind == PRESIGNED and about:
        return profile_of(kind, about)
    takes = {one.partition(":")[0]: ":" in one for one in NAMES}
    if kind not in takes or takes[kind] is not bool(about):
        raise BadUsage(f'there is no profile "{name}"{_nearest(kind)}; known are {", ".join(NAMES)}.')
    fixed = {
        OAC: CLOUDFRONT,
        OAI: f"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity {about}",
        OF_ROLE: about,
        ANONYMOUS_HTTPS: ANONYMOUS,
        ANONYMOUS_HTTP: ANONYMOUS,
        WEBSITE: ANONYMOUS,
    }.get(kind)
    if kind == OF_ROLE and caller_of(about).kind not in (ROLE, SESSION):
        raise BadUsage(f'"{about}" is not the ARN of a role or of its session.')
    if kind == PRESIGNED and principal is None:
        who = "a principal must be named with it (--as, or presigned:ARN)"
        raise BadUsage(f"the profile presigned leaves open who has signed: {who}.")
    if fixed is not None and principal not in (None, fixed):
        raise BadUsage(f"the profile {name} is about requests by {fixed}, not by {principal}.")
    secure = {ANONYMOUS_HTTPS: True, ANONYMOUS_HTTP: False, WEBSITE: False}.get(kind)
    endpoint = WEBSITE if kind == WEBSITE else REST
    return Profile(kind, about, fixed or principal or ANONYMOUS, endpoint, secure)


def not_a_profile(principal: str) -> None:
    """Raises BadUsage where the name of a profile is given for a principal."""
    kind, colon, _ = principal.partition(":")
    if any(kind == one.partition(":")[0] and bool(colon) == (":" in one) for one in NAMES):
        raise BadUsage(f'"{principal}" is the name of a profile and not a principal: give it by --profile.')


def _nearest(kind: str) -> str:
    from difflib import get_close_matches

    found = get_close_matches(kind, NAMES, 1, 0.5) or get_close_matches(f"{kind}:ID", NAMES, 1, 0.5)
    return f' (did you mean "{found[0]}"?)' if found else ""


def usual_profile(principal: str, endpoint: str, secure: bool) -> Profile:
    """How somebody asks of whom nothing else is said."""
    if endpoint == WEBSITE:
        return profile_of(WEBSITE)._replace(principal=principal)
    return profile_of(ANONYMOUS_HTTPS if secure else ANONYMOUS_HTTP)._replace(principal=principal)


def request_by(profile: Profile, world: World, action: str, resource: str, now: float) -> S3Request:
    """A request that comes this way; where the profile leaves it open, over HTTPS."""
    context = brought(profile, world, resource, now, secure=profile.secure is not False)
    return S3Request(action, resource, profile.principal, context, profile.endpoint)


def brought(
    profile: Profile, world: World, resource: str, now: float, *, secure: bool, client: str = VISITOR,
    region: str | None = None,
) -> Brought:  # fmt: skip
    """What requests that come this way bring for conditions."""
    caller = caller_of(profile.principal)
    known: dict[str, Values | Missing] = {
        "aws:sourceip": (client,),
        "aws:securetransport": ("true" if secure else "false",),
        "aws:currenttime": (datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),),
        "aws:epochtime": (str(int(now)),),
        "aws:viaawsservice": ("false",),
        **_of_bucket(world, resource),
        **_of_caller(caller),
    }
    # The oldest that S3 still speaks: https://aws.amazon.com/blogs/security/tls-1-2-required-for-aws-endpoints/
    known["s3:tlsversion"] = ("1.2",) if secure else _ABSENT
    unknown = ("aws:useragent", "aws:requestedregion", *_OF_RESOURCE, *_unknown_of(caller))
    if region is not None:
        known["aws:requestedregion"] = (region,)
    if profile.kind == VPCE:
        del known["aws:sourceip"]
        known["aws:sourcevpce"] = (profile.about,)
        unknown += _OF_ENDPOINT
    maybe: dict[str, Values] = {}
    if profile.kind == OAI or profile.principal == CLOUDFRONT:
        # Whether CloudFront brings its address AWS does not say; the viewer's it is in no case.
        del known["aws:sourceip"]
        unknown += ("aws:sourceip",)
        maybe["aws:sourceip"] = (OF_CLOUDFRONT,)
    if profile.kind == OAC:
        known |= _of_distribution(profile.about, world)
    if profile.kind == PRESIGNED:
        known["s3:authtype"] = ("REST-QUERY-STRING",)
        known["s3:x-amz-content-sha256"] = ("UNSIGNED-PAYLOAD",)
        unknown += ("s3:signatureage",)
    return Brought(known, unknown, caller.words(), maybe)


def _of_bucket(world: World, resource: str) -> Context:
    asked = resource_of(resource)
    bucket = None if asked.bucket is None else world.bucket(asked.bucket, asked.partition)
    point = None if asked.point is None else world.access_point(asked.point)
    account: str | Missing | None = bucket.account if isinstance(bucket, Bucket) else bucket
    found: dict[str, Values | Missing] = {}
    if point is not None and asked.point is not None:
        account = point if isinstance(point, Missing) else point.account
        found["s3:dataaccesspointarn"] = (asked.point,)
        found["s3:dataaccesspointaccount"] = (asked.point.split(":")[4],)
        origin = point if isinstance(point, Missing) else ("VPC" if point.vpc else "Internet",)
        found["s3:accesspointnetworkorigin"] = origin
    if account is not None:
        values = account if isinstance(account, Missing) else (account,)
        found["aws:resourceaccount"] = found["s3:resourceaccount"] = values
    return found


def _of_caller(caller: Caller) -> Context:
    if caller.kind == ANONYMOUS:
        # Anonymous requests have these, and none of the others about principals.
        return {
            "aws:principaltype": ("Anonymous",),
            "aws:principalaccount": ("anonymous",),
            "aws:userid": ("anonymous",),
        }
    if caller.kind == SERVICE:
        return {"aws:principalisawsservice": ("true",), "aws:principalservicename": (caller.name,)}
    if not caller.is_of_iam or caller.account is None:
        return {}
    found: dict[str, Values | Missing] = {
        "aws:principalaccount": (caller.account,),
        "aws:principalisawsservice": ("false",),
        "aws:principaltype": (_TYPES[caller.kind],),
        "aws:principalarn": (_principal_arn(caller),),
        "s3:authtype": ("REST-HEADER",),
        "s3:signatureversion": ("AWS4-HMAC-SHA256",),
    }
    if caller.kind == USER:
        found["aws:username"] = (caller.name.rpartition("/")[2],)
    return found


def _principal_arn(caller: Caller) -> str:
    """Of a session the ARN of its role, as far as its own shows it: a path is not in it."""
    if caller.kind == SESSION:
        return f"{caller.name.replace(':sts:', ':iam:').partition(':assumed-role/')[0]}:role/{caller.role}"
    return f"arn:aws:iam::{caller.account}:root" if caller.kind == ROOT else caller.name


def _unknown_of(caller: Caller) -> tuple[str, ...]:
    if caller.kind == SERVICE:
        return _OF_SERVICE
    if not caller.is_of_iam:
        return ()
    return _OF_IAM + (_OF_SESSION if caller.kind in (SESSION, ROLE, FEDERATED) else ())


def _of_distribution(identifier: str, world: World) -> Context:
    arn = world.distribution_arn(identifier)
    if isinstance(arn, Missing):
        return {"aws:sourcearn": arn, "aws:sourceaccount": arn}
    return {"aws:sourcearn": (arn,), "aws:sourceaccount": (arn.split(":")[4],)}
