"""Names and passwords that a password file gives away: only those that it holds in plain text."""

from audit403.nginx.decide.evaluator import Evaluator
from audit403.nginx.decide.map_path import join_prefix
from audit403.nginx.model.context import Context
from audit403.nginx.model.template import compile_template

_PLAIN = "{PLAIN}"


def known_credentials(evaluator: Evaluator, context: Context) -> list[tuple[str, str]]:
    """One user whose password is known, if the effective auth_basic_user_file has such a one."""
    directive = context.last("auth_basic_user_file")
    path = None if directive is None or not directive.args else compile_template(directive.args[0]).literal
    if path is None:
        return []
    content = evaluator.evidence.read(join_prefix(evaluator.model.conf_directory, path))
    if not isinstance(content, bytes):
        return []
    for line in content.decode("utf-8", "surrogateescape").splitlines():
        user, _, stored = line.partition(":")
        if user and not user.startswith("#") and stored.startswith(_PLAIN):
            return [(user, stored[len(_PLAIN) :].partition(":")[0])]
    return []
