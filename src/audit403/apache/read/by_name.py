"""Which files of a folder may be Apache configuration, by their names: known before anything that reads is imported."""

from audit403.evidence.interface import Evidence
from audit403.evidence.walk import files_below

ACCESS_FILE = ".htaccess"
_ENDINGS = (".conf", ".vhost", ".inc")
_EXTENSIONLESS_FOLDERS = ("sites-available", "sites-enabled", "vhosts", "vhosts.d")


def candidates(folder: str, evidence: Evidence) -> tuple[list[str], list[tuple[str, str]]]:
    """The paths of the files below a folder, and what could not be looked at, each with its reason."""
    not_read: list[tuple[str, str]] = []
    return files_below(folder, evidence, _may_be_configuration, not_read), not_read


def _may_be_configuration(directory: str, name: str) -> bool:
    if name == ACCESS_FILE:
        return True
    if name.startswith(".") or name.endswith("~"):
        return False
    return (
        name.endswith(_ENDINGS)
        or name.startswith(("apache2.conf", "httpd.conf"))
        or directory.endswith(_EXTENSIONLESS_FOLDERS)
    )
