"""Which hook runs when: the phases of httpd with the hooks of each module, in the order in which httpd sorts them.

A hook runs where its module is loaded. `order` is APR_HOOK_REALLY_FIRST … REALLY_LAST; at the same order hooks run as
their modules were loaded, unless a module asks to come before or after another (`before`, `after`: module names).
Truth: the register_hooks functions of the modules, and apr_hook_sort_all.

The function is looked up when an evaluator is made for a server that has the module, so that nothing else is imported.
"""

from collections.abc import Callable
from importlib import import_module

from audit403.apache.decide.exchange import Exchange
from audit403.core.named_tuple import NamedTuple

REALLY_FIRST, FIRST, MIDDLE, LAST, REALLY_LAST = -10, 0, 10, 20, 30

_BEHIND_ALL = REALLY_LAST - 1

RUN_FIRST, RUN_ALL = "first", "all"


class Hook(NamedTuple):
    """One hook: `function` of the file `file` in this folder (`access_compat:check_dir_access`)."""

    module: str
    order: int
    function: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def _everywhere(function: str, *modules: str) -> tuple[Hook, ...]:
    """The same hook of several modules."""
    return tuple(Hook(module, MIDDLE, function) for module in modules)


Run = Callable[[Exchange], int]

#: How each phase runs: up to the first hook that does not decline, or all up to the first error.
HOW = {
    "post_read_request": RUN_ALL,
    "pre_translate_name": RUN_FIRST,
    "translate_name": RUN_FIRST,
    "map_to_storage": RUN_FIRST,
    "post_perdir_config": RUN_ALL,
    "header_parser": RUN_ALL,
    "access_checker": RUN_ALL,
    "access_checker_ex": RUN_FIRST,
    "check_user_id": RUN_FIRST,
    "auth_checker": RUN_FIRST,
    "type_checker": RUN_FIRST,
    "fixups": RUN_ALL,
    "handler": RUN_FIRST,
}

#: One line a hook; a module's file adds its own here.
HOOKS: dict[str, tuple[Hook, ...]] = {
    "post_read_request": (
        Hook("maxminddb", MIDDLE, "geo:set_variables", before=("setenvif",)),
        Hook("geoip", MIDDLE, "geo:set_variables", before=("setenvif",)),
        Hook("headers", FIRST, "headers:early"),
        Hook("remoteip", FIRST, "remoteip:modify_request"),
        Hook("proxy", FIRST, "proxy:detect"),
        Hook("setenvif", MIDDLE, "setenvif:match_headers"),
        Hook("auth_digest", MIDDLE, "auth_digest:parse_header", after=("proxy",)),
        Hook("ssl", MIDDLE, "ssl:check_name", after=("setenvif",)),
    ),
    "pre_translate_name": (Hook("proxy", MIDDLE, "proxy:pre_translate"),),
    "translate_name": (
        Hook("rewrite", FIRST, "rewrite.translate:translate", before=("proxy",)),
        Hook("proxy", FIRST, "proxy:translate", after=("rewrite",)),
        Hook("alias", MIDDLE, "alias:translate", before=("userdir", "vhost_alias")),
        Hook("wsgi", MIDDLE, "applications:wsgi_translate", before=("userdir", "vhost_alias"), after=("alias",)),
        Hook("userdir", MIDDLE, "userdir:translate", before=("vhost_alias",)),
        Hook("vhost_alias", MIDDLE, "vhost_alias:translate"),
        Hook("core", REALLY_LAST, "core_translate:translate"),
    ),
    "map_to_storage": (
        Hook("proxy", FIRST, "proxy:map_to_storage"),
        Hook("http", MIDDLE, "http_core:send_trace"),
        Hook("http", MIDDLE, "http_core:send_options"),
        Hook("core", REALLY_LAST, "directory_walk:map_to_storage"),
    ),
    "post_perdir_config": (Hook("mpm_itk", REALLY_FIRST, "mpm_itk:become"),),
    "header_parser": (
        Hook("maxminddb", MIDDLE, "geo:set_variables", before=("setenvif",)),
        Hook("geoip", MIDDLE, "geo:set_variables", before=("setenvif",)),
        Hook("setenvif", MIDDLE, "setenvif:match_headers"),
    ),
    "access_checker": (
        Hook("allowmethods", REALLY_FIRST, "allowmethods:check_method"),
        Hook("access_compat", MIDDLE, "access_compat:check_dir_access"),
        Hook("ssl", MIDDLE, "ssl:check_access"),
        *_everywhere("site_code:access", "perl", "python", "lua", "wsgi", "fcgid"),
        Hook("evasive20", REALLY_FIRST, "evasive:check_rate"),
    ),
    "access_checker_ex": (Hook("authz_core", LAST, "authz:authorize_userless"),),
    "check_user_id": (
        Hook("ssl", FIRST, "ssl:check_user"),
        Hook("authnz_fcgi", MIDDLE, "authnz_fcgi:authenticate", before=("auth_basic",)),
        *_everywhere("site_code:login", "perl", "python", "lua", "fcgid"),
        Hook("auth_basic", MIDDLE, "auth_basic:authenticate"),
        Hook("auth_digest", MIDDLE, "auth_digest:authenticate"),
        Hook("auth_form", MIDDLE, "auth_form:authenticate"),
        Hook("authn_core", LAST, "authn_core:authenticate_no_user"),
    ),
    "auth_checker": (
        Hook("ssl", MIDDLE, "ssl:check_authorization"),
        *_everywhere("site_code:rights", "perl", "python", "lua", "fcgid"),
        Hook("authz_core", LAST, "authz:authorize_user"),
    ),
    "type_checker": (
        Hook("negotiation", FIRST, "negotiation.multiviews:handle_multi"),
        Hook("mime", MIDDLE, "mime:find_type"),
        Hook("core", REALLY_LAST, "core_type:do_nothing"),
    ),
    "fixups": (
        Hook("security2", REALLY_FIRST, "security2:refuse"),
        Hook("core", REALLY_FIRST, "core_type:override_type"),
        *_everywhere("site_code:early", "perl", "python", "lua"),
        Hook("rewrite", FIRST, "rewrite.directory:fixup", before=("proxy",)),
        Hook("rewrite", LAST, "rewrite.directory:force_type"),
        Hook("proxy", FIRST, "proxy:fixup", after=("rewrite",)),
        Hook("alias", MIDDLE, "alias:fixup"),
        Hook("dav", MIDDLE, "dav.handler:fixup"),
        Hook("dav_fs", MIDDLE, "dav.handler:refuse_state"),
        Hook("env", MIDDLE, "env:fixup"),
        Hook("negotiation", MIDDLE, "negotiation.multiviews:fix_encoding"),
        Hook("ssl", MIDDLE, "ssl:fixup"),
        Hook("cern_meta", MIDDLE, "cern_meta:read_meta"),
        Hook("dir", LAST, "dir_index:fixup"),
        Hook("speling", LAST, "speling:correct"),
        Hook("headers", LAST, "headers:fixup"),
        Hook("auth_basic", LAST, "auth_basic:fake"),
    ),
    "handler": (
        Hook("proxy", FIRST, "proxy:handle"),
        Hook("rewrite", MIDDLE, "rewrite.directory:redirect"),
        Hook("dav", MIDDLE, "dav.handler:handle"),
        Hook("autoindex", MIDDLE, "autoindex:handle"),
        Hook("cgi", MIDDLE, "cgi:handle"),
        Hook("cgid", MIDDLE, "cgi:handle_by_daemon"),
        Hook("asis", MIDDLE, "asis:handle"),
        Hook("auth_form", MIDDLE, "auth_form:handle_login"),
        Hook("auth_form", MIDDLE, "auth_form:handle_logout"),
        Hook("status", MIDDLE, "small_handlers:status"),
        Hook("info", MIDDLE, "small_handlers:info"),
        Hook("negotiation", MIDDLE, "negotiation.map_handler:handle"),
        Hook("ldap", MIDDLE, "small_handlers:ldap_status"),
        Hook("proxy_balancer", FIRST, "small_handlers:balancer_manager"),
        Hook("reflector", MIDDLE, "small_handlers:reflect"),
        Hook("lua", FIRST, "applications:lua_mapped"),
        Hook("lua", MIDDLE, "applications:lua"),
        *_everywhere("applications:php", "php", "php7", "php5"),
        Hook("wsgi", MIDDLE, "applications:wsgi"),
        Hook("fcgid", MIDDLE, "applications:fcgid"),
        Hook("fastcgi", MIDDLE, "applications:fastcgi"),
        Hook("perl", MIDDLE, "applications:perl"),
        Hook("python", MIDDLE, "applications:python"),
        Hook("suphp", MIDDLE, "applications:suphp"),
        Hook("jk", MIDDLE, "applications:jk"),
        Hook("imagemap", MIDDLE, "small_handlers:image_map"),
        Hook("heartmonitor", FIRST, "small_handlers:heartbeat"),
        Hook("actions", LAST, "actions:handle"),
        Hook("core", _BEHIND_ALL, "foreign:handle"),
        Hook("core", REALLY_LAST, "default_handler:handle"),
    ),
}


def runs_of(modules: list[str]) -> dict[str, tuple[Run, ...]]:
    """The hooks of the modules that are there, in the order in which they were loaded, phase by phase."""
    rank = {module: index for index, module in enumerate(modules)}
    return {phase: tuple(_function(hook) for hook in _sorted(hooks, rank)) for phase, hooks in HOOKS.items()}


def _sorted(hooks: tuple[Hook, ...], rank: dict[str, int]) -> list[Hook]:
    waiting = [hook for hook in hooks if hook.module in rank or hook.module in ("core", "http")]
    waiting.sort(key=lambda hook: (hook.order, rank.get(hook.module, -1)))
    done: list[Hook] = []
    while waiting:
        free = next((hook for hook in waiting if not _must_wait(hook, waiting)), waiting[0])
        waiting.remove(free)
        done.append(free)
    return done


def _must_wait(hook: Hook, waiting: list[Hook]) -> bool:
    return any(
        other.module != hook.module and (other.module in hook.after or hook.module in other.before) for other in waiting
    )


def _function(hook: Hook) -> Run:
    file, _, name = hook.function.partition(":")
    function: Run = getattr(import_module(f"audit403.apache.decide.{file}"), name)
    return function
