"""gzip_static: `file.gz` instead of the file, where the client takes it.

Truth: src/http/modules/ngx_http_gzip_static_module.c; ngx_http_gzip_ok, ngx_http_gzip_accept_encoding and
ngx_http_gzip_quantity in src/http/ngx_http_core_module.c; ngx_http_process_user_agent for `msie6`.
"""

from audit403.http.regex import InvalidRegex, compile_regex
from audit403.nginx.ascii import lower
from audit403.nginx.decide.exchange import Exchange
from audit403.nginx.decide.map_path import map_uri_to_path, wants_directory
from audit403.nginx.decide.outcome import Outcome, Sent, Status
from audit403.nginx.decide.static import file_body
from audit403.nginx.decide.worker_files import alias_after_rewrite


def gzip_static(exchange: Exchange) -> Outcome | None:
    """Serve `file.gz` where the client takes it; without one, go on with the plain file."""
    if exchange.method not in ("GET", "HEAD") or wants_directory(exchange):
        return None
    if exchange.context.argument("gzip_static", "off") == "on" and not gzip_ok(exchange):
        return None
    mapped = map_uri_to_path(exchange)
    if mapped is None:
        return alias_after_rewrite(exchange)
    path = mapped.path + ".gz"
    opened = exchange.evaluator.files().open(exchange, path)
    exchange.step(
        "content",
        f"gzip_static {path}: {'not used' if opened.errno or opened.is_directory else 'sent instead'}",
        None,
        opened.errno == 0,
        f"file:{path}",
        "readable",
    )
    if opened.errno or opened.is_directory or opened.entry is None:
        return None
    if not opened.is_file:
        exchange.decided("not-a-regular-file", None, "", log=f'"{path}" is not a regular file')
        return Status(404)
    return Sent(200, file_body(exchange, opened)._replace(ranges=False))


def gzip_ok(exchange: Exchange) -> bool:
    """ngx_http_gzip_ok for a request over HTTP/1.1, before any header of the answer is known."""
    request = exchange.request
    header = request.header("accept-encoding")
    if exchange.is_subrequest or header is None or not accepts_gzip(header):
        return False
    disabled = [word for directive in exchange.context.effective("gzip_disable") for word in directive.args]
    agent = request.header("user-agent")
    if agent is not None and "msie6" in disabled and _is_old_explorer(agent):
        return False
    if request.header("via") is not None:
        proxied = [word for directive in exchange.context.effective("gzip_proxied") for word in directive.args]
        # The other words ask for headers of the answer, of which there is none yet: any of them lets all through.
        if not proxied or "off" in proxied:
            return False
    return agent is None or not any(_matches(word, agent) for word in disabled if word != "msie6")


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header takes gzip, by nginx's own reading of it."""
    if header.startswith("gzip,"):
        return True
    text, start = lower(header), 0
    while True:
        found = text.find("gzip", start)
        if found < 0:
            return False
        if found == start or text[found - 1] in ", ":
            break
        start = found + 4
    rest = text[found + 4 :].lstrip(" ")
    if not rest or rest[0] == ",":
        return True
    if rest[0] != ";":
        return False
    rest = rest[1:].lstrip(" ")
    if not rest:
        return True
    return rest[0] == "q" and len(rest) >= 3 and rest[1] == "=" and _quantity(rest[2:]) > 0


def _quantity(text: str) -> int:
    """The quality in hundredths, summed up as nginx does: its digits behind the point count one each."""
    if text[0] not in "01":
        return 0
    quantity = 100 * int(text[0])
    if len(text) == 1 or text[1] in ", ":
        return quantity
    if text[1] != ".":
        return 0
    digits = text[2:].replace(",", " ").split(" ", 1)[0]
    if digits and not (digits.isascii() and digits.isdigit()):
        return 0
    quantity += sum(int(digit) for digit in digits)
    return 0 if quantity > 100 or len(digits) > 3 else quantity


def _is_old_explorer(agent: str) -> bool:
    at = agent.find("MSIE ")
    if at < 0 or at + 7 >= len(agent) or agent[at + 6] != ".":
        return False
    return agent[at + 5] in "45" or (agent[at + 5] == "6" and "SV1" not in agent[at + 8 :])


def _matches(pattern: str, agent: str) -> bool:
    try:
        return compile_regex(pattern, True).search(agent) is not None
    except InvalidRegex:
        return False
