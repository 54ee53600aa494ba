"""Requests with one field changed."""

from audit403.core.request import Request
from audit403.explore.ordinary import BROWSER

METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "PROPFIND")
USER_AGENTS = ("", BROWSER, "curl/8.5.0", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")


def credentials(user: str, password: str) -> str:
    """The value of an Authorization header."""
    from base64 import b64encode  # few explorations send passwords

    return "Basic " + b64encode(f"{user}:{password}".encode("utf-8", "surrogateescape")).decode()


def with_credentials(request: Request, user: str, password: str) -> Request:
    """The request with a user's name and password."""
    return with_header(request, "authorization", credentials(user, password))


def with_header(request: Request, name: str, value: str | None) -> Request:
    """The request with a header set, or without it."""
    if value is not None and not _can_be_sent(value):
        return request
    kept = tuple(pair for pair in request.headers if pair[0].lower() != name)
    title = "-".join(part.capitalize() for part in name.split("-"))
    return request._replace(headers=kept if value is None else (*kept, (title, value)))


def with_cookie(request: Request, name: str, value: str) -> Request:
    """The request with one cookie; an empty value takes it away."""
    pairs = [pair for pair in (request.header("cookie") or "").split("; ") if pair and pair.partition("=")[0] != name]
    if value:
        pairs.append(f"{name}={value}")
    return with_header(request, "cookie", "; ".join(pairs) or None)


def with_argument(request: Request, name: str, value: str) -> Request:
    """The request with one argument; an empty value takes it away."""
    path, _, arguments = request.target.partition("?")
    pairs = [pair for pair in arguments.split("&") if pair and pair.partition("=")[0].lower() != name]
    if value:
        pairs.append(f"{name}={value}")
    return with_target(request, path + ("?" + "&".join(pairs) if pairs else ""))


def with_target(request: Request, target: str) -> Request:
    """The request for another target; one that cannot stand in a request line leaves it as it is."""
    return request._replace(target=target) if _can_be_sent(target) and " " not in target else request


def dav_request(request: Request, method: str, target: str) -> Request:
    """The request as a WebDAV client sends it."""
    changed = with_target(request, target)._replace(method=method, body_length=0 if method == "PUT" else None)
    if method in ("COPY", "MOVE"):
        path = target.partition("?")[0].rstrip("/")
        there = f"{request.scheme}://{request.host}{path}-copy{'/' if target.endswith('/') else ''}"
        return with_header(changed, "destination", there)
    return changed


def header_of(variable: str) -> str:
    """The header that `$http_name` or `$content_type` shows."""
    return (variable[5:] if variable.startswith("http_") else variable).replace("_", "-")


def _can_be_sent(text: str) -> bool:
    return text.isprintable() or all(character == "\t" or character >= " " for character in text)
