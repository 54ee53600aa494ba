"""Mechanisms of dav_methods that random trees brought to light, one small case each."""

from __future__ import annotations

import pytest

from audit403.core.place import PathPlace
from nginx.decide.small_site import WORKER, ask, directory, file, link, status

ALL = "dav_methods PUT DELETE MKCOL COPY MOVE;"
MINE = {"m": directory(owner=WORKER), "m/f": file(owner=WORKER), "m/g": file()}


def move(target: str, **headers: str) -> dict[str, str]:
    return {"Destination": target, **{name.capitalize(): value for name, value in headers.items()}}


def test_what_is_there_is_told_before_a_missing_permission() -> None:
    tree = {"d": directory(), "d/e": directory()}
    assert status(tree, ALL, "/d/e/", "MKCOL") == 405
    found = ask(tree, ALL, "/d/new/", "MKCOL")
    assert (found.status, found.log) == (403, 'mkdir() "/w/d/new" failed (13: Permission denied)')
    assert isinstance(found.where, PathPlace)
    assert found.where.path == "/w/d"
    assert status(tree, ALL, "/none/new/", "MKCOL") == 409


def test_delete_empties_what_a_link_leads_to_and_cannot_delete_the_link() -> None:
    tree = {
        "m": directory(owner=WORKER), "m/t": directory(owner=WORKER), "m/t/l": link("/w/m/o"),
        "m/o": directory(owner=WORKER),
    }  # fmt: skip
    assert status(tree, ALL, "/m/t/", "DELETE") == 500
    assert status(tree | {"m/t/l": link("/w/f"), "f": file()}, ALL, "/m/t/", "DELETE") == 204
    # A link that leads nowhere is passed over, and the directory is not empty.
    assert status(tree | {"m/t/l": link("nowhere")}, ALL, "/m/t/", "DELETE") == 500


def test_the_order_of_a_directory_decides_about_links_within_it() -> None:
    tree = {"m": directory(owner=WORKER), "m/t": directory(owner=WORKER), "m/t/f": file(), "m/t/l": link("/w/m/t/f")}
    found = ask(tree, ALL, "/m/t/", "DELETE")
    assert (found.verdict, found.status) == ("not-refused", None)


def test_a_link_with_a_slash_is_no_directory_to_delete() -> None:
    tree = {"m": directory(owner=WORKER), "m/l": link("/w/d"), "d": directory()}
    assert status(tree, ALL, "/m/l/", "DELETE") == 404
    assert status({"l": link("/w/d"), "d": directory()}, ALL, "/l/", "DELETE") == 403


def test_a_sticky_directory_keeps_the_files_of_others() -> None:
    tree = {"s": directory(0o1777), "s/f": file(), "s/g": file(owner=WORKER)}
    found = ask(tree, ALL, "/s/f", "DELETE")
    assert (found.status, found.log) == (403, 'unlink() "/w/s/f" failed (1: Operation not permitted)')
    assert status(tree, ALL, "/s/g", "DELETE") == 204


@pytest.mark.parametrize(
    ("destination", "expected"),
    [
        ("/m/new", 204), ("http://a.test/m/new", 204), ("http://a.test:80/m/new", 204), ("http://a.test.b/m/new", 204),
        ("http://other/m/new", 400), ("https://a.test/m/new", 400), ("http://a.test", 400), ("m/new", 400),
        ("/m/../f", 400), ("/m/%2e%2e/f", 400), ("/m/..", 400), ("/m/./new", 204), ("/m//new", 204), ("?/m", 400),
        ("/m/%6eew", 204), ("/m/n%zzw", 204), ("/m/new?x=/", 409), ("/m/%00", 400), ("/m/new#", 204), ("", 400),
    ],
)  # fmt: skip
def test_destinations(destination: str, expected: int) -> None:
    assert status(MINE, ALL, "/m/f", "COPY", headers=move(destination)) == expected


def test_a_destination_shorter_than_the_alias_is_invalid() -> None:
    server = f"location /long/ {{ {ALL} alias /w/m/; }}"
    assert status(MINE, server, "/long/f", "COPY", headers=move("/x")) == 400
    assert status(MINE, server, "/long/f", "COPY", headers=move("/other/x")) == 204


def test_a_copy_over_the_file_of_another_fails_in_setting_its_time() -> None:
    tree = MINE | {"m/o": file(0o666)}
    assert status(tree, ALL, "/m/f", "COPY", headers=move("/m/o")) == 500
    assert status(tree, ALL, "/m/o", "COPY", headers=move("/m/f")) == 204


def test_a_copy_of_a_link_reads_as_many_bytes_as_its_text_has() -> None:
    tree = MINE | {"m/short": link("g", WORKER)._replace(size=1), "m/long": link("../m/../m/f")._replace(size=11)}
    assert status(tree, ALL, "/m/short", "COPY", headers=move("/m/new")) == 204
    assert status(tree, ALL, "/m/long", "COPY", headers=move("/m/new")) == 500


def test_a_copy_through_a_dangling_link_makes_what_it_leads_to() -> None:
    tree = MINE | {"d": directory(), "m/in": link("fresh"), "m/out": link("/w/d/fresh")}
    assert status(tree, ALL, "/m/f", "COPY", headers=move("/m/in")) == 204
    assert status(tree, ALL, "/m/f", "COPY", headers=move("/m/out")) == 500


def test_a_file_moves_onto_itself() -> None:
    assert status(MINE, ALL, "/m/f", "MOVE", headers=move("/m/f")) == 204
    # Not even a permission is looked at.
    assert status({"f": file()}, ALL, "/f", "MOVE", headers=move("/f")) == 204


def test_a_directory_that_cannot_be_renamed_is_copied_and_deleted() -> None:
    tree = {"m": directory(owner=WORKER), "m/d": directory(), "n": directory(owner=WORKER)}
    # Of another parent its `..` would change, which needs a right on the directory itself; an empty one may be deleted.
    assert status(tree, ALL, "/m/d/", "MOVE", headers=move("/n/d/")) == 201
    assert status(tree | {"m/d/f": file()}, ALL, "/m/d/", "MOVE", headers=move("/n/d/")) == 500


def test_put_makes_the_directories_that_are_missing() -> None:
    full = ALL + "create_full_put_path on;"
    assert status(MINE, ALL, "/m/a/b/f", "PUT", body_length=3) == 500
    assert status(MINE, full, "/m/a/b/f", "PUT", body_length=3) == 201
    # A directory that its owner may not write to takes no other one, but it takes nothing else to rename into.
    assert status(MINE, full + "dav_access user:r;", "/m/a/b/f", "PUT", body_length=3) == 500
    assert status(MINE | {"m/l": link("nowhere")}, full, "/m/l/f", "PUT", body_length=3) == 500


def test_put_is_sent_past_error_page_and_delete_is_not() -> None:
    assert status(MINE, ALL, "/m/new", "PUT", body_length=0) == 201
    assert status(MINE, ALL, "/m/f", "PUT", body_length=3) == 204
    assert status(MINE, ALL, "/m/new", "PUT") == 500
    assert status(MINE, ALL, "/m/f", "DELETE", body_length=3) == 415


def test_the_depth_of_what_may_be_deleted() -> None:
    server = ALL + "min_delete_depth 2;"
    assert status(MINE | {"f": file()}, server, "/f", "DELETE") == 409
    assert status(MINE, server, "/m/f", "DELETE") == 204
    assert status(MINE, ALL, "/m/f", "DELETE", headers={"Depth": "1"}) == 400
