"""An exception for some addresses behind the rule of access that refuses them."""

import re

from audit403.apache.read.tree import Directive
from audit403.core.edit import TextEdit
from audit403.core.finding import MANUAL, UNSAFE, Fix
from audit403_checks.public_files import listed
from audit403_checks.support import insert_after, insert_before

_NOT_PLAIN = frozenset(" \"'<>*?[\\%")


def let_through(uri: str, refusing: Directive | None, cause: str) -> Fix:
    """The exception for one address."""
    return let_all_through([uri], refusing, cause)


def let_all_through(uris: list[str], refusing: Directive | None, cause: str) -> Fix:
    """A `<Location>` behind sections of the configuration, a `<Files>` in an `.htaccess`, a condition before a rule."""
    is_plain = not any(_NOT_PLAIN & set(uri) for uri in uris)
    edit = _exception(uris, refusing, cause) if refusing is not None and is_plain else None
    if edit is None:
        return Fix(f"let {listed(uris)} through wherever it is refused", MANUAL)
    return Fix(f"let {listed(uris)} through", UNSAFE, (edit,))


def _exception(uris: list[str], refusing: Directive, cause: str) -> TextEdit | None:
    if cause == "rewrite-rule":
        written = "|".join(map(re.escape, uris))
        return insert_before(
            refusing, f"RewriteCond %{{REQUEST_URI}} !^{written if len(uris) == 1 else f'({written})'}$"
        )
    if cause not in ("require", "access-compat"):
        return None
    outer = [one for one in refusing.sections if one.name not in ("<virtualhost", "<ifmodule")]
    grant = "Require all granted" if refusing.name == "require" else "Order allow,deny\n    Allow from all"
    if outer and outer[0].name.startswith(("<directory", "<location")):
        return insert_after(outer[0], "\n".join(f'<Location "{uri}">\n    {grant}\n</Location>' for uri in uris))
    after = outer[0] if outer else refusing
    names = dict.fromkeys(uri.rpartition("/")[2] for uri in uris)
    return insert_after(after, "\n".join(f'<Files "{name}">\n    {grant}\n</Files>' for name in names))
