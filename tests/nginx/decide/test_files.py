"""Mechanisms of static files that random configurations brought to light, one small case each."""

from __future__ import annotations

import pytest

from audit403.core.decision import UNKNOWN
from audit403.nginx.decide.static_gzip import accepts_gzip
from nginx.decide.small_site import WORKER, ask, directory, file, link, status

TREE = {"d": directory(), "d/f": file(), "f": file(), "f.gz": file(0o600)}


def test_an_index_elsewhere_needs_no_file_even_where_alias_cannot_be_used() -> None:
    server = "location /a/ { alias /w/; rewrite ^/a/(.*)$ /a/$1/ break; index %s; } location = /f { return 200; }"
    assert status(TREE, server % "/f", "/a/x") == 200
    assert status(TREE, server % "x /f", "/a/x") == 500


def test_the_root_directory_is_not_the_empty_root() -> None:
    assert status(TREE, "location / { root /; }", "/w/f") == 200
    assert status(TREE, 'location / { root ""; }', "/w/f") == 404


def test_an_alias_that_replaces_nothing_is_a_root() -> None:
    assert status(TREE, 'location "" { alias /w; rewrite ^/x/(.*)$ /$1 break; }', "/x/f") == 200


def test_an_alias_cuts_bytes() -> None:
    tree = {"ü": directory(), "ü/f": file()}
    assert status(tree, "location /é/ { alias /w/ü/; try_files $uri =404; }", "/%C3%A9/f") == 200


def test_of_an_empty_uri_nginx_looks_at_the_byte_before_it() -> None:
    tree = {"d": directory(0o711), "d/f": file()}
    found = ask(tree, "location / { root /w/d; try_files / =404; }", "/")
    assert (found.status, found.log) == (403, 'open() "/w/d" failed (13: Permission denied)')
    # Here the byte is the alias's last, and the empty URI leads to the root itself.
    server = "autoindex on; location ~ ^/x {{ alias /w/d{}; try_files /none $arg_none; }}"
    assert status(tree, server.format("/"), "/x") == 200
    assert status(tree, server.format(""), "/x") == 301


def test_index_takes_variables_as_they_were_last_asked_for() -> None:
    # try_files asks for $uri; index, after the redirect to /, still has that value and leads back to try_files.
    server = "index ${uri}x; location /p/ { try_files $uri /; }"
    assert status(TREE, server, "/p/q") == 500
    # A root with variables makes nginx forget it.
    assert status(TREE, server + ' set $none ""; location = / { root /w$none; }', "/p/q") == 404


def test_the_cache_knows_a_directory_that_index_has_looked_at() -> None:
    tree = {"d": directory(0o711)}
    server = "open_file_cache max=9; location ~ ^/x { alias /w/d; index none $arg_none; }"
    # Opened it would be EACCES; out of the cache it is there, and index redirects to it for ever.
    assert status(tree, server, "/x/") == 500
    assert status(tree, server.replace("none $arg_none", "$arg_none"), "/x/") == 403


def test_a_listing_breaks_off_at_an_entry_that_cannot_be_examined() -> None:
    tree = {"d": directory(), "d/l": link("/w/f/x"), "f": file(), "e": directory(), "e/l": link("nowhere")}
    found = ask(tree, "autoindex on;", "/d/")
    assert (found.status, found.cause) == (None, "closed")
    assert status(tree, "autoindex on;", "/d/", "HEAD") == 200
    assert status(tree, "autoindex on;", "/e/") == 200


@pytest.mark.parametrize(("callback", "expected"), [("f.x_1", 200), ("a-b", 400), ("x" * 129, 400), ("", 200)])
def test_a_listing_looks_at_its_callback(callback: str, expected: int) -> None:
    server = "autoindex on; autoindex_format jsonp;"
    assert status(TREE, server, f"/d/?CALLBACK={callback}") == expected


def test_random_index_sees_the_kinds_of_entries_that_it_may_not_search() -> None:
    tree = {"d": directory(0o744), "d/f": file()}
    found = ask(tree, "location / { random_index on; }", "/d/")
    assert (found.status, found.log) == (403, 'open() "/w/d/f" failed (13: Permission denied)')
    # A link has to be followed for it, and that may not be.
    assert status({"d": directory(0o744), "d/l": link("f")}, "location / { random_index on; }", "/d/") == 500


def test_random_index_asks_no_more_questions_than_it_has_to() -> None:
    tree = {"d": directory()} | {f"d/f{number}": file() for number in range(60)}
    assert status(tree, "location / { random_index on; }", "/d/") == 200


def test_a_socket_fails_before_the_owners_of_links_are_compared() -> None:
    tree = {"s": file()._replace(kind="s"), "l": link("s", WORKER)}
    assert status(tree, "disable_symlinks if_not_owner;", "/l") == 500
    assert status(tree | {"s": file()}, "disable_symlinks if_not_owner;", "/l") == 403


def test_disable_symlinks_takes_its_words_in_any_order() -> None:
    tree = {"d": link("e"), "e": directory(), "e/f": file()}
    assert status(tree, "disable_symlinks from=/w/d on;", "/d/f") == 200
    assert status(tree, "disable_symlinks on;", "/d/f") == 404


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("gzip", True), ("GZIP ; q=0.5", True), ("gzip;q=0", False), ("gzip;q=0.000", False), ("gzip;q=1.001", False),
        ("gzip;q=0.0001", False), ("xgzip", False), ("xgzipgzip", True), ("deflate, gzip", True), ("gzip;", True),
        ("gzip;q", False), ("gzipx", False), ("gzip,;q=0", True), ("gzip; q=1, x", True), ("*", False),
    ],
)  # fmt: skip
def test_what_accept_encoding_takes(header: str, expected: bool) -> None:
    assert accepts_gzip(header) is expected


def test_a_socket_named_gz_is_sent_to_who_takes_gzip_only() -> None:
    tree = {"f": file(), "f.gz": file()._replace(kind="p")}
    server = "gzip_static on; gzip_disable msie6 robot;"
    gzip = {"Accept-Encoding": "gzip"}
    assert status(tree, server, "/f") == 200
    assert status(tree, server, "/f", headers=gzip) == 404
    assert status(tree, server, "/f", headers=gzip | {"Via": "x"}) == 200
    assert status(tree, server + "gzip_proxied expired;", "/f", headers=gzip | {"Via": "x"}) == 404
    assert status(tree, server + "gzip_proxied any off;", "/f", headers=gzip | {"Via": "x"}) == 200
    assert status(tree, server, "/f", headers=gzip | {"User-Agent": "A ROBOT"}) == 200
    assert status(tree, server, "/f", headers=gzip | {"User-Agent": "MSIE 6.0;"}) == 200
    assert status(tree, server, "/f", headers=gzip | {"User-Agent": "MSIE 6.0; SV1"}) == 404


def test_a_missing_file_is_not_logged_where_that_is_off() -> None:
    server = "location /x { log_not_found %s; error_page 404 =403 /f; }"
    assert ask(TREE, server % "on", "/x").log == 'open() "/w/x" failed (2: No such file or directory)'
    assert ask(TREE, server % "off", "/x").log is None


def test_the_redirect_to_a_slash_is_made_with_the_settings_of_the_exact_location() -> None:
    server = "location /x/ { proxy_pass http://127.0.0.1:1; } location = /x/ { %s }"
    assert status(TREE, server % "", "/x") == 301
    assert status(TREE, server % "internal;", "/x") == 404


def test_an_empty_uri_is_handed_on_as_it_is() -> None:
    # Rewritten, so that the target which the client sent does not count.
    server = "location /x { rewrite ^ /y break; try_files / =404; proxy_pass http://127.0.0.1:80; }"
    assert status(TREE, server, "/x") == 400


def test_nothing_is_claimed_where_nginx_reads_past_the_uri() -> None:
    server = "location /long/ { try_files /f =404; proxy_pass http://127.0.0.1:80/; }"
    assert ask(TREE, server, "/long/x").verdict == "unknown"


def test_every_errno_has_its_words_in_the_log() -> None:
    tree = {"s": file()._replace(kind="s"), "f": file(0o600)}
    found = ask(tree, "error_page 500 =403 /f;", "/s")
    assert found.log == 'open() "/w/s" failed (6: No such device or address)'


def test_an_empty_root_leads_nowhere_that_can_be_told() -> None:
    decision = ask(TREE, "location / { root $arg_root; }", "/f")
    assert decision.verdict == UNKNOWN and decision.missing[0].reason == "undocumented"
    assert status(TREE, "location / { root $arg_root; }", "/f?root=/w") == 200


def test_an_error_that_is_no_refusal_tells_what_the_log_says() -> None:
    found = ask(
        {"f": file(), "users": file(0o600)},
        "satisfy any; deny all; auth_basic x; auth_basic_user_file /w/users;",
        "/f",
        headers={"Authorization": "Basic Ym9iOng="},
    )
    assert (found.status, found.log) == (500, 'open() "/w/users" failed (13: Permission denied)')
