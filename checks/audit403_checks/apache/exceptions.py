"""An exception for one address behind the rule of access that refuses it."""

import re

from audit403.apache.read.tree import Directive
from audit403.core.edit import TextEdit
from audit403.core.finding import MANUAL, UNSAFE, Fix
from audit403_checks.support import insert_after, insert_before

_NOT_PLAIN = frozenset(" \"'<>*?[\\%")


def let_through(uri: str, refusing: Directive | None, cause: str) -> Fix:
    """A `<Location>` behind sections of the configuration, a `<Files>` in an `.htaccess`, a condition before a rule."""
    edit = None if refusing is None or _NOT_PLAIN & set(uri) else _exception(uri, refusing, cause)
    if edit is None:
        return Fix(f"let {uri} through wherever it is refused", MANUAL)
    return Fix(f"let {uri} through", UNSAFE, (edit,))


def _exception(uri: str, refusing: Directive, cause: str) -> TextEdit | None:
    if cause == "rewrite-rule":
        return insert_before(refusing, f"RewriteCond %{{REQUEST_URI}} !^{re.escape(uri)}$")
    if cause not in ("require", "access-compat"):
        return None
    outer = [one for one in refusing.sections if one.name not in ("<virtualhost", "<ifmodule")]
    grant = "Require all granted" if refusing.name == "require" else "Order allow,deny\n    Allow from all"
    if outer and outer[0].name.startswith(("<directory", "<location")):
        return insert_after(outer[0], f'<Location "{uri}">\n    {grant}\n</Location>')
    after = outer[0] if outer else refusing
    return insert_after(after, f'<Files "{uri.rpartition("/")[2]}">\n    {grant}\n</Files>')
