"""What a provider of passwords says about a user and a password (authn_status in mod_auth.h)."""

from audit403.core.decision import Missing
from audit403.core.named_tuple import NamedTuple
from audit403.core.open_question import Unknown

GRANTED = "the password is right"
DENIED = "the password is wrong"
FOUND = "the user is known"
NOT_FOUND = "no such user"
FAILED = "the passwords cannot be read"


class RealmHash(NamedTuple):
    """The hash of user, realm and password, where the result is FOUND."""

    result: str
    value: str | Unknown = ""


def missing_password(reason: str, user: str, where: str) -> Missing:
    """What is not known where passwords are kept somewhere else."""
    return Missing(reason, f"the password of {user} in {where}")
