"""What a document says of an account and its buckets: a state, with the place of every statement and setting.

Every reader – of policies, states, Terraform, CloudFormation – makes one of these, and so all are judged alike. What a
document leaves open stays out of the state (not collected); a name that is known only when it is deployed is a hole,
`⟨aws_s3_bucket.site⟩`: text that is equal to itself and to nothing else.
"""

from collections.abc import Mapping
from typing import Any

from audit403.core.family import NotAudited
from audit403.core.named_tuple import NamedTuple
from audit403.core.place import Span
from audit403.core.source import Source
from audit403.s3.model.fields import At
from audit403.s3.model.holes import HOLE_END, HOLE_START, OPEN_END

#: The account that a document is deployed to.
ACCOUNT = f"{HOLE_START}account{HOLE_END}"
#: The kind of a fault that is none: something is known only when the document is deployed.
UNRESOLVED = "unresolved"
_NOT_IN_HOLES = str.maketrans(":*?/{}", ".xx|()", "$⟨⟩…")


class Described(NamedTuple):
    """`kind` names the form of the document in words; `faults` are what in it cannot be read, with its place.

    `places` has the statements of policies, `("buckets", "site", "policy", 0)`, and settings, `("buckets", "site",
    "public_access_block")`, in the places that they have in the state. `by_default` are those settings of which the
    document says nothing: they are what AWS gives to what is created today.
    """

    kind: str
    main: str
    sources: Mapping[str, Source]
    state: dict[str, Any]
    places: Mapping[At, Span]
    faults: tuple[tuple[str, Span, str], ...] = ()
    not_audited: tuple[NotAudited, ...] = ()
    by_default: frozenset[At] = frozenset()


def hole(reference: str) -> str:
    """The text that stands for a value that is known only when it is deployed."""
    return f"{HOLE_START}{reference.translate(_NOT_IN_HOLES)}{HOLE_END}"


def open_hole(reference: str) -> str:
    """The same for a value that may be any text: what a variable without a default comes to."""
    return f"{HOLE_START}{reference.translate(_NOT_IN_HOLES)}{OPEN_END}"


def has_hole(text: str) -> bool:
    """Whether a part of a text is not known."""
    return HOLE_START in text
