"""mpm-itk: the user that a request is answered as, a directory's or a virtual host's own.

Truth: mpm_itk.c 2.4.7-04 (assign_user_id, itk_post_perdir_config).
"""

from audit403.apache.model.builder import Builder, Handler, only_word
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.per_dir import overlaid
from audit403.apache.read.tree import Directive
from audit403.core.named_tuple import NamedTuple

MPM_ITK = "mpm_itk"


class ItkConfig(NamedTuple):
    """AssignUserID, and the expressions that go before it."""

    user: str | None = None
    group: str | None = None
    user_expression: str | None = None
    group_expression: str | None = None
    directive: Directive | None = None

    def merged(self, new: "ItkConfig") -> "ItkConfig":
        """This with a later section's laid over it."""
        return overlaid(self, new)


def _assign(builder: Builder, directive: Directive) -> None:
    if len(directive.args) != 2:
        raise ConfigError(f"{directive.written} takes two arguments, the user and the group")
    user, group = directive.args
    builder.slots[MPM_ITK] = _config(builder)._replace(user=user, group=group, directive=directive)


def _assign_user_by(builder: Builder, directive: Directive) -> None:
    builder.slots[MPM_ITK] = _config(builder)._replace(user_expression=only_word(directive), directive=directive)


def _assign_group_by(builder: Builder, directive: Directive) -> None:
    builder.slots[MPM_ITK] = _config(builder)._replace(group_expression=only_word(directive), directive=directive)


def _config(builder: Builder) -> ItkConfig:
    found: ItkConfig = builder.slot(MPM_ITK, ItkConfig())
    return found


DIRECTIVES: dict[str, Handler] = {
    "assignuserid": _assign,
    "assignuseridexpr": _assign_user_by,
    "assigngroupidexpr": _assign_group_by,
}
