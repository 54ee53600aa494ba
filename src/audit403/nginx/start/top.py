"""What few set at the main level: modules, thread pools, priorities.

Truth: src/core/nginx.c, src/core/ngx_thread_pool.c.
"""

from audit403.nginx.model.numbers import parse_number
from audit403.nginx.read.tree import Directive
from audit403.nginx.start.check import Start
from audit403.nginx.start.level import Level

_USES_MODULES = ("events", "http", "stream", "mail")
#: Packaged modules whose variables are known, or that have none.
_MODULES = (
    "http_auth_pam", "http_brotli", "http_cache_purge", "http_dav_ext", "http_echo", "http_fancyindex", "http_geoip2",
    "http_geoip", "http_headers_more", "http_image_filter", "http_js", "http_lua", "http_perl", "http_subs_filter",
    "http_upstream_fair", "http_xslt", "mail", "ndk", "stream",
)  # fmt: skip


def load_module(start: Start, level: Level, directive: Directive) -> None:
    """Before anything that modules have a part in."""
    if any(name in level.given for name in _USES_MODULES):
        start.refuse(directive, '"load_module" directive is specified too late')
        return
    name = directive.args[0].rpartition("/")[2]
    if not any(known in name for known in _MODULES):
        start.http.variables.uncertain = start.stream.variables.uncertain = True


def thread_pool(start: Start, level: Level, directive: Directive) -> None:
    """`thread_pool name threads=number [max_queue=number]`."""
    name = directive.args[0]
    key = f"thread_pool {name}"
    if key in level.given:
        start.refuse(directive, f'duplicate thread pool "{name}"', 0)
        return
    threads = 0
    for word, text in enumerate(directive.args[1:], 1):
        parameter, _, value = text.partition("=")
        number = parse_number(value)
        if parameter == "threads":
            threads = number or 0
        if (parameter == "threads" and not number) or (parameter == "max_queue" and number is None):
            start.refuse(directive, f'invalid {parameter} value "{text}"', word)
            return
    if not threads:
        start.refuse(directive, '"thread_pool" must have "threads" parameter')
        return
    level.given[key] = directive
    start.known_pools.add(name)


def worker_priority(start: Start, level: Level, directive: Directive) -> None:
    """Zero does not count as set."""
    text = directive.args[0]
    earlier = level.given.get("worker_priority")
    if earlier is not None and parse_number(earlier.args[0].lstrip("+-")):
        start.duplicate(directive)
        return
    level.given["worker_priority"] = directive
    if parse_number(text[1:] if text[:1] in ("-", "+") and text else text) is None:
        start.refuse(directive, '"worker_priority" directive invalid number', 0)
