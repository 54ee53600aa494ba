"""`Options`: what is switched on absolutely, and what is added and taken away.

Truth: set_options, merge_core_dir_configs in server/core.c and core_opts_merge in server/request.c. An absolute line
leaves what relative lines of the same section said, so that a later section may bring it back.
"""

from audit403.apache.model.config_error import ConfigError
from audit403.core.named_tuple import NamedTuple

INDEXES = "Indexes"
INCLUDES = "IncludesNOEXEC"
INCLUDES_EXEC = "Includes"
FOLLOW = "FollowSymLinks"
OWNER_MATCH = "SymLinksIfOwnerMatch"
EXEC_CGI = "ExecCGI"
MULTI_VIEWS = "MultiViews"
ALL = frozenset((INDEXES, INCLUDES, INCLUDES_EXEC, FOLLOW, EXEC_CGI))

NAMES = {
    "indexes": frozenset((INDEXES,)),
    "includes": frozenset((INCLUDES, INCLUDES_EXEC)),
    "includesnoexec": frozenset((INCLUDES,)),
    "followsymlinks": frozenset((FOLLOW,)),
    "symlinksifownermatch": frozenset((OWNER_MATCH,)),
    "execcgi": frozenset((EXEC_CGI,)),
    "multiviews": frozenset((MULTI_VIEWS,)),
    "runscripts": frozenset((MULTI_VIEWS, EXEC_CGI)),
    "none": frozenset[str](),
    "all": ALL,
}


class Options(NamedTuple):
    """The options in effect, or of one section; `unset`: no absolute line set them."""

    opts: frozenset[str] = frozenset()
    add: frozenset[str] = frozenset()
    remove: frozenset[str] = frozenset()
    unset: bool = True

    def merged(self, new: "Options") -> "Options":
        """These with a later section's laid over them."""
        if not new.unset:
            return new
        add = (self.add - new.remove) | new.add
        remove = (self.remove - new.add) | new.remove
        opts = (self.opts - remove) | add
        if INCLUDES_EXEC in self.opts and INCLUDES in new.opts and INCLUDES_EXEC not in new.opts:
            opts -= {INCLUDES_EXEC}
        return Options(opts, add, remove, self.unset)


#: What holds before any section says otherwise.
DEFAULT = Options(frozenset((FOLLOW,)))


def with_line(options: Options, words: list[str], allowed: frozenset[str] | None = None) -> Options:
    """A section's options with one more `Options` line; `allowed` is what `AllowOverride Options=…` lets in.

    Raises ConfigError with httpd's words.
    """
    opts, add, remove, unset = options
    first, relative, whole = True, False, False
    for written in words:
        sign, word = (written[0], written[1:]) if written[:1] in ("+", "-") else ("", written)
        if sign:
            if not relative and not first and not whole:
                raise ConfigError("Either all Options must start with + or -, or no Option may.")
            relative = True
        elif first:
            opts, unset = frozenset(), False
        elif relative:
            raise ConfigError("Either all Options must start with + or -, or no Option may.")
        named = NAMES.get(word.lower())
        if named is None:
            raise ConfigError(f"Illegal option {word}")
        if word.lower() in ("none", "all"):
            if not first:
                what = f"'Options {word.capitalize()}' must be the first"
                raise ConfigError(f"{what} {'Option' if word.lower() == 'none' else 'option'} given.")
            if relative:
                name = word.capitalize()
                raise ConfigError(f"You may not use 'Options +{name}' or 'Options -{name}'.")
            whole = True
        if allowed is not None and not named <= allowed:
            raise ConfigError(f"Option {word} not allowed here")
        if sign == "-":
            add, remove, opts = add - named, remove | named, opts - named
        elif sign == "+":
            add, remove, opts = add | named, remove - named, opts | named
        else:
            opts |= named
        first = False
    return Options(opts, add, remove, unset)
