"""Which kinds of requests a refusal hits, and what sent them there."""

from __future__ import annotations

from nginx.decide.small_site import file
from nginx.explore.small_facts import hits

PHP = "location ~ \\.php$ { deny all; }"


def test_what_sent_a_request_on_to_where_it_is_refused() -> None:
    tree = {"index.php": file()}
    server = f"index index.php; try_files $uri $uri/ /index.php; {PHP} rewrite ^/old$ /new.php last;"
    found = {(hit.request.target, hit.way) for hit in hits(tree, server)}
    assert found >= {("/", "index"), ("/audit403-probe", "try_files"), ("/old", "rewrite"), ("/index.php", None)}


def test_an_error_page_that_is_refused() -> None:
    server = "error_page 404 /errors/404.html; location /errors/ { deny all; }"
    assert ("error_page", "probe") in {(hit.way, hit.purpose) for hit in hits({"errors/404.html": file()}, server)}


def test_the_location_that_a_request_was_made_for() -> None:
    server = f"location /app.php {{ return 200; }} {PHP}"
    (hit,) = [hit for hit in hits(None, server) if hit.meant is not None]
    assert (hit.request.target, hit.meant and hit.meant.name) == ("/app.php", "/app.php")


def test_every_ending_of_a_refused_file_is_a_kind_of_its_own() -> None:
    tree = {"a.bak": file(), "b.bak": file(), "c.html": file()}
    found = [hit.request.target for hit in hits(tree, "location ~ [abc] { deny all; }") if hit.purpose == "file"]
    assert sorted(found) == ["/a.bak", "/c.html"]


def test_a_request_made_beside_another_is_not_asked_for_the_same_reason() -> None:
    server = "error_page 404 /404.html; location = /404.html { deny all; }"
    assert [hit.purpose for hit in hits({"index.html": file()}, server) if hit.request.target != "/"] != []
    assert all(hit.request.target == "/" for hit in hits({"index.html": file()}, server) if hit.purpose == "home")
