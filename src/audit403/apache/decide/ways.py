"""The way down to a directory, which is the same for every file in it: kept from request to request."""

from copy import copy

from audit403.apache.decide.exchange import Exchange
from audit403.apache.decide.files import Seen
from audit403.apache.model.core_config import CORE, CoreConfig, Override
from audit403.apache.model.options import Options
from audit403.apache.model.per_dir import PerDir
from audit403.core.decision import Step
from audit403.core.named_tuple import NamedTuple

_MOST_STEPS = 4096
"""So many steps are kept: a deep way has many, and what lies beside each other is asked for one after the other."""


class Effective:
    """What directory_walk itself goes by, kept up with every section: options and what `.htaccess` may say."""

    __slots__ = ("options", "options_where", "override", "override_list")

    def __init__(self, core: CoreConfig) -> None:
        self.options: Options = core.options
        self.options_where = core.options_directive
        self.override: Override | None = core.override
        self.override_list: frozenset[str] | None = core.override_list

    def add(self, per_dir: PerDir) -> None:
        """Take in one more section (core_opts_merge)."""
        core: CoreConfig | None = per_dir.get(CORE)
        if core is None:
            return
        self.options = self.options.merged(core.options)
        self.options_where = core.options_directive or self.options_where
        if core.override is not None:
            self.override = core.override
        if core.override_list is not None:
            self.override_list = core.override_list

    @property
    def reads_access_files(self) -> bool:
        """Whether `.htaccess` files are looked for; they are too where AllowOverride was never set at all."""
        return self.override is None or self.override.is_active or bool(self.override_list)


class State(NamedTuple):
    """How a walk stands when it has taken in a directory: what it has told, and what it goes on with."""

    steps: tuple[Step, ...]
    next: int
    effective: Effective
    merged: PerDir | None
    filename: str
    segments: int
    last: Seen


class _Kept:
    """The states of one evaluator, and how many steps they have."""

    __slots__ = ("states", "steps")

    def __init__(self) -> None:
        self.states: dict[object, State] = {}
        self.steps = 0


class Way:
    """The way down to the directory of a path; `is_there` says that the whole path is known to be there."""

    def __init__(self, exchange: Exchange, path: str, *, is_there: bool) -> None:
        evaluator = exchange.evaluator
        self.directory = path[: path.rfind("/") + 1]
        self._exchange = exchange
        self._told = len(exchange.steps)
        kept: _Kept | None = evaluator.kept.get("ways")
        if kept is None:
            kept = evaluator.kept["ways"] = _Kept()
        self._kept = kept
        #: What is looked at on the way hangs on nothing else, unless files are assumed for one request.
        self._key: object = None
        if evaluator.served is evaluator.evidence:
            who = (evaluator.who(), evaluator.is_settled)
            self._key = (exchange.server, exchange.per_dir, self.directory, is_there, who)

    def known(self) -> State | None:
        """The state at the end of the way, where somebody has come there before."""
        return None if self._key is None else self._kept.states.get(self._key)

    def keep(self, state: State) -> None:
        """Keep the state at the end of the way, with what was told since its beginning."""
        if self._key is None:
            return
        steps = tuple(self._exchange.steps[self._told :])
        if self._kept.steps >= _MOST_STEPS:
            self._kept.states.clear()
            self._kept.steps = 0
        self._kept.steps += len(steps)
        self._kept.states[self._key] = state._replace(steps=steps, effective=copy(state.effective))
