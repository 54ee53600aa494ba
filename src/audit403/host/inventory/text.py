"""The files of an inventory as text, within bounds."""

from typing import BinaryIO

from audit403.core.errors import BadUsage

VAULT = "$ANSIBLE_VAULT;"
_LARGEST = 32 * 1024 * 1024


class NeedsAnsible(BadUsage):
    """What nothing but Ansible itself can read."""

    def __init__(self, what: str) -> None:
        super().__init__(f"it is {what}: install ansible, so that ansible-inventory can be asked")


def read_text(path: str) -> str:
    """The text of a file. Raises BadUsage."""
    try:
        with open(path, "rb") as file:
            return decoded(file)
    except OSError as error:
        raise BadUsage(f"it cannot be read: {error.strerror}") from None


def decoded(file: BinaryIO) -> str:
    """The text of an open file. Raises BadUsage."""
    data = file.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise BadUsage(f"it is larger than {_LARGEST // 2**20} MiB")
    if b"\0" in data:
        raise BadUsage("it is no text")
    return data.decode("utf-8", "surrogateescape").removeprefix("\ufeff")
