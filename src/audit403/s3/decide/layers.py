"""The policies that bind a caller, whatever the resource: identity, boundary, session, organization, VPC endpoint.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
"""

from collections.abc import Iterator

from audit403.core.decision import REASON_UNDOCUMENTED, Missing
from audit403.core.place import Place, StatementPlace
from audit403.s3.decide import causes
from audit403.s3.decide.requirement import Requirement
from audit403.s3.decide.said import NOTHING, Asked, Considered, Said, said_by
from audit403.s3.model.caller import FEDERATED, ROOT, SESSION
from audit403.s3.model.policy import Statement
from audit403.s3.model.principal import AS_EVERYBODY, BY_ACCOUNT, DIRECT
from audit403.s3.model.truth import Truth, every, negated, some
from audit403.s3.model.world import NO_POLICIES, Principal, World


class Layers:
    """What the caller's own policies and those around it say of one question."""

    def __init__(
        self, world: World, asked: Asked, account: str | Missing | None, considered: list[Considered] | None
    ) -> None:
        caller = asked.caller
        self.world = world
        self.asked = asked
        self.considered = considered
        self.is_root = caller.kind == ROOT
        self.has_identity = caller.is_of_iam and not self.is_root
        found = principal_of(world, asked)
        self.principal = found
        self.identity = said_by(found.policies, asked, considered) if self.has_identity else NOTHING
        self.boundary = said_by(found.boundary, asked, considered) if found.boundary else None
        self.session = said_by(found.session, asked, considered) if found.session else None
        bound = caller.is_of_iam and caller.account == world.account
        scps = world.service_control if bound else ()
        self.service_control = _levels(scps, asked, considered)
        rcps = world.resource_control if account == world.account or isinstance(account, Missing) else ()
        self.resource_control = _levels(rcps, asked, considered)
        endpoint = world.endpoint_of(asked.context)
        self.endpoint = said_by(endpoint, asked, considered, of_resource=True) if endpoint else None

    def denials(self) -> Iterator[Requirement]:
        """That none of them denies."""
        yield _not_denied(self.identity, causes.IDENTITY_DENIED, "a policy of the caller")
        if self.boundary is not None:
            yield _not_denied(self.boundary, causes.BOUNDARY_DENIED, "the caller's permissions boundary")
        if self.session is not None:
            yield _not_denied(self.session, causes.SESSION_DENIED, "the session's policy")
        for level in self.service_control:
            yield _not_denied(level, causes.SCP_DENIED, "a service control policy")
        for level in self.resource_control:
            yield _not_denied(level, causes.RCP_DENIED, "a resource control policy")
        if self.endpoint is not None:
            yield _not_denied(self.endpoint, causes.ENDPOINT_DENIED, "the policy of the VPC endpoint")

    def around(self) -> Iterator[Requirement]:
        """That each level of the organization, and the endpoint, let it through."""
        for number, level in enumerate(self.service_control):
            message = f"level {number} of the service control policies does not allow {self.asked.action}"
            yield Requirement(level.allows(), causes.SCP_SILENT, None, message)
        if self.endpoint is not None:
            message = f"the policy of the VPC endpoint does not allow {self.asked.action}"
            yield Requirement(self.endpoint.allows(BY_ACCOUNT), causes.ENDPOINT_SILENT, None, message)

    def identity_allows(self) -> Truth:
        """Whether the caller's own policies allow it; a root user needs none."""
        return True if self.is_root else self.identity.allows()

    def limits(self, resource: Said, same_account: Truth) -> Iterator[Requirement]:
        """That boundary and session let it through: in the same account they need not where the resource names the
        caller itself.
        """
        action = self.asked.action
        if self.boundary is not None:
            passes = some((self.boundary.allows(), every((same_account, resource.allows(AS_EVERYBODY)))))
            message = f"the caller's permissions boundary does not allow {action}"
            yield Requirement(passes, causes.BOUNDARY_SILENT, None, message)
        if self.session is not None and self.asked.caller.kind in (SESSION, FEDERATED):
            by_everybody: Truth = False
            if resource.allows(AS_EVERYBODY) is not False:
                by_everybody = Missing(
                    REASON_UNDOCUMENTED, "whether a statement for everybody passes a session's policy"
                )
            direct = every((same_account, some((resource.allows(DIRECT), by_everybody))))
            message = f"the session's policy does not allow {action}"
            yield Requirement(some((self.session.allows(), direct)), causes.SESSION_SILENT, None, message)


def principal_of(world: World, asked: Asked) -> Principal:
    """What is attached to the caller, with what is missing in each of its parts."""
    if not asked.caller.is_of_iam or asked.caller.kind == ROOT:
        return NO_POLICIES
    found = world.principal(asked.caller)
    return Principal(found, found, found) if isinstance(found, Missing) else found


def place_of(statement: Statement | None) -> Place | None:
    """Where a statement is written."""
    if statement is None:
        return None
    if statement.where is not None:
        return statement.where
    policy = statement.policy
    if policy.kind == "bucket policy":
        return StatementPlace(policy.name, statement.name)
    return StatementPlace(policy.name, statement.name, f"{policy.kind} {policy.name}".rstrip())


def denies(said: Said, cause: str, whose: str) -> Requirement:
    """That some policies do not deny."""
    return _not_denied(said, cause, whose)


def _not_denied(said: Said, cause: str, whose: str) -> Requirement:
    if said.denied is False:
        return _FINE
    statement = said.denied_by
    name = "" if statement is None else f" (statement {statement.name})"
    return Requirement(negated(said.denied), cause, place_of(statement), f"{whose} denies it{name}")


_FINE = Requirement(True, "", None, "")


def _levels(levels: object, asked: Asked, considered: list[Considered] | None) -> tuple[Said, ...]:
    if isinstance(levels, Missing):
        return (said_by(levels, asked),)
    assert isinstance(levels, tuple)
    return tuple(said_by(level, asked, considered) for level in levels)
