"""The environment of the httpd process (getenv), as far as it is known."""

from audit403.apache.decide.exchange import Exchange
from audit403.core.decision import REASON_STATE, Missing
from audit403.core.open_question import Unknown

#: What any process may find in its environment; other names are there only where somebody has put them.
_USUAL = frozenset(
    (
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "OLDPWD", "SHLVL", "TERM", "LANG", "LANGUAGE", "TZ",
        "TMPDIR", "MAIL", "EDITOR", "HOSTNAME", "_", "INVOCATION_ID", "JOURNAL_STREAM", "NOTIFY_SOCKET",
        "SYSTEMD_EXEC_PID", "MEMORY_PRESSURE_WATCH", "MEMORY_PRESSURE_WRITE", "STATEDIR", "CREDENTIALS_DIRECTORY",
    )
)  # fmt: skip
_PREFIXES = ("LC_", "APACHE_", "XDG_", "SSH_", "SUDO_", "LD_")


def process_variable(exchange: Exchange, name: str) -> str | Unknown | None:
    """A variable of the process, None where it is not set.

    Where the environment is known only in part, a name that nobody sets by habit is taken for not set.
    """
    process = exchange.evaluator.model.process
    found = process.environment.get(name)
    if found is not None:
        return found
    if not process.environment_known and (name in _USUAL or name.startswith(_PREFIXES)):
        return Unknown(Missing(REASON_STATE, f"the variable {name} in httpd's environment"))
    return None
