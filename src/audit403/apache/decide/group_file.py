"""Groups in a file of AuthGroupFile.

Truth: groups_for_user and group_check_authorization in modules/aaa/mod_authz_groupfile.c.
"""

from audit403.apache.decide.authz_reasons import FAULTS
from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.text_file import open_text
from audit403.apache.model.authn import AUTHZ_GROUPFILE, FileConfig
from audit403.apache.read.words import values_of
from audit403.core.place import Because
from audit403.core.source import latin
from audit403.core.withheld import WITHHELD
from audit403.http.password import is_withheld

_NOTHING = FileConfig()
_BLANKS = " \t\n\v\f\r"


def groups_of(exchange: Exchange, user: str) -> frozenset[str]:
    """The groups that a user is in; none without a file, or with one that cannot be read."""
    config: FileConfig = exchange.config(AUTHZ_GROUPFILE, _NOTHING)
    if config.path is None or config.directive is None:
        exchange.step("authz", "no AuthGroupFile is set (AH01664)")
        return frozenset()
    path = exchange.evaluator.model.process.rooted(config.path)
    lines = open_text(exchange, path, config.directive.span, f"AH01665: Could not open group file: {path}")
    if lines is None:
        exchange.notes[FAULTS] = (Because(config.directive.span, f"{path} cannot be read, so nobody is in any group"),)
    found: set[str] = set()
    for line in lines or ():
        if not line or line.startswith("#"):
            continue
        group, colon, members = line.partition(":")
        if colon and is_withheld(members.rstrip()):
            # A name of thirteen letters looks like a hash of crypt(3), and is left out of the record like one.
            if exchange.ask(WITHHELD._replace(name=f"who is in the group {group}")):
                found.add(group.rstrip(_BLANKS))
        elif colon and user in values_of(latin(members)):
            found.add(group.rstrip(_BLANKS))
    return frozenset(found)
