"""What the simulator gets wrong, each with AWS's page, and how it shows that this is why it differs.

A difference is never passed over for looking like one of these. A quirk rewrites the case into another one that means
the same by AWS's page and goes around what the simulator gets wrong; the difference is explained when the simulator
then says what we say, and we say the same of both. docs/s3-oracle.md tells readers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from differential.s3 import rewrite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from differential.s3.generator import Case

_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide/"
_OPERATORS = f"{_IAM}reference_policies_elements_condition_operators.html"


class Quirk(NamedTuple):
    """One thing that the simulator gets wrong; `rewrite` gives None where it is not in a case."""

    name: str
    what: str
    page: str
    rewrite: Callable[[Case], Case | None]


QUIRKS = (
    Quirk(
        "address of the other family",
        "An address of the one family against a range of the other makes it drop the statement; it is not in the "
        "range, so that NotIpAddress is met.",
        f"{_OPERATORS}#Conditions_IPAddress",
        rewrite.other_family,
    ),
    Quirk(
        "the range 0.0.0.0/0",
        "It finds no address in 0.0.0.0/0, which holds every IPv4 address.",
        f"{_OPERATORS}#Conditions_IPAddress",
        rewrite.whole_internet,
    ),
    Quirk(
        "an address without a prefix length",
        "It counts a policy that lets in a single address, written without /32, as public.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
        rewrite.bare_address,
    ),
    Quirk(
        "NotPrincipal with a limiting condition",
        "It counts every Allow with NotPrincipal as public; one that a condition limits to fixed values is not.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
        rewrite.everybody_but,
    ),
    Quirk(
        "ForAnyValue with a key of one value",
        "It counts a policy as public though ForAnyValue with fixed values of such a key limits it.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
        rewrite.any_of_one,
    ),
    Quirk(
        "StringEqualsIgnoreCase and the public",
        "It counts a policy as public, or not, by other rules with this operator than with StringEquals: fixed values "
        "of aws:userid do not limit it, and values with a wildcard do.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
        rewrite.ignoring_case,
    ),
    Quirk(
        "StringLike and a fixed aws:userid",
        "It counts a policy as public that StringLike limits to fixed values of aws:userid, and not with StringEquals.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
        rewrite.like_a_fixed_user,
    ),
    Quirk(
        "an ARN with a variable that has no value",
        "It meets ArnNotLike where a part of the ARN before the variable differs, and else not; it never meets "
        "StringNotLike with such a variable.",
        f"{_IAM}reference_policies_variables.html",
        rewrite.arn_without_a_value,
    ),
    Quirk(
        "a wildcard in StringEquals",
        "It takes * for a plain character when it asks whether a policy is public; a value that has one is not fixed.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
        rewrite.star_in_equals,
    ),
    Quirk(
        "a fixed aws:SourceArn",
        "It counts a policy as public that is limited to one aws:SourceArn, where that has no account, or with "
        "StringEquals.",
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
        rewrite.fixed_source,
    ),
    Quirk(
        "a short ARN in a resource control policy",
        "It finds no resource in arn:aws:s3:* there, and does in a bucket policy.",
        f"{_IAM}reference_policies_elements_resource.html",
        rewrite.short_arn,
    ),
    Quirk(
        "a date in seconds",
        "It takes seconds since 1970, of a policy or of aws:EpochTime, for something else where a date is compared.",
        f"{_OPERATORS}#Conditions_Date",
        rewrite.epoch,
    ),
    Quirk(
        "variables in an old version",
        "It puts in policy variables where Version is 2008-10-17 or is not there; they are plain text there.",
        f"{_IAM}reference_policies_variables.html",
        rewrite.old_version,
    ),
    Quirk(
        "one value of a key that may have many",
        "Without ForAnyValue or ForAllValues it never meets a condition on such a key, not even with one value.",
        f"{_IAM}reference_policies_condition-single-vs-multi-valued-context-keys.html",
        rewrite.one_of_many,
    ),
    Quirk(
        "the root user",
        "It asks for a policy that allows the root user what it does. A root user needs none, and the bucket owner's "
        "may read and replace the bucket policy whatever that denies.",
        "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketPolicy.html",
        rewrite.root,
    ),
    Quirk(
        "service control policies and services",
        "It holds them against services of AWS; they bind the users and roles of an account.",
        "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html",
        rewrite.service,
    ),
    Quirk(
        "a bucket policy that names the session",
        "It lets a session policy limit what a bucket policy grants to that very session, which is not limited by it.",
        f"{_IAM}access_policies.html#policies_session",
        rewrite.named_session,
    ),
)  # fmt: skip


def ways_around(case: Case) -> Iterator[tuple[tuple[str, ...], Case]]:
    """The case rewritten: for each quirk that is in it, and at last for all of them, one after the other."""
    together, names = case, []
    for quirk in QUIRKS:
        changed = quirk.rewrite(case)
        if changed is not None:
            yield (quirk.name,), changed
        after = quirk.rewrite(together)
        if after is not None:
            together = after
            names.append(quirk.name)
    if len(names) > 1:
        yield tuple(names), together
