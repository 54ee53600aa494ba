"""mpm-itk: a process for each connection, which is root with few rights until the directory's user is known.

Truth: mpm_itk.c 2.4.7-04: CAP_DAC_READ_SEARCH until itk_post_perdir_config, then setgid, initgroups and setuid.
"""

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.expression import text_of
from audit403.apache.decide.outcome import OK
from audit403.apache.model.mpm_itk import MPM_ITK, ItkConfig
from audit403.core.open_question import Undecided, Unknown
from audit403.files.identity import Identity

#: Who walks through directories and reads `.htaccess` files.
BEFORE = Identity(0, 0, frozenset((0,)), dac_override=False, dac_read_search=True, fowner=False)
_NOTHING = ItkConfig()


def become(exchange: Exchange) -> int:
    """Take the user of the directory for all that follows, once a request."""
    evaluator = exchange.evaluator
    if evaluator.is_settled:
        return OK
    config: ItkConfig = exchange.config(MPM_ITK, _NOTHING)
    worker = evaluator.model.worker
    user = _name(exchange, config.user_expression, config.user)
    group = _name(exchange, config.group_expression, config.group)
    if user is None or group is None:
        user, group = worker.user, worker.group
    where = None if config.directive is None else config.directive.span
    exchange.step("storage", f"mpm-itk goes on as {user}:{group}", where)
    evaluator.settle(user, group)
    return OK


def _name(exchange: Exchange, expression: str | None, name: str | None) -> str | None:
    if expression is None:
        return name
    value = text_of(exchange, expression)
    if isinstance(value, Unknown):
        raise Undecided(value.missing)
    return value
