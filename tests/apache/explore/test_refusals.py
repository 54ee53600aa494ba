"""Refusals that exploration finds, their witnesses and whom they hit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apache.explore.found_in import Found
from audit403.core.fact import Refusal
from audit403.core.place import Span
from audit403.explore.subject import PURPOSE_HOME, PURPOSE_LINKED, PURPOSE_ORDINARY, PURPOSE_TWIN_NAME

if TYPE_CHECKING:
    from pathlib import Path


def test_an_address_list(tmp_path: Path) -> None:
    found = Found(tmp_path, "<Location /admin>\nRequire ip 10.0.0.0/8\n</Location>").only("require")
    assert (found.witness.target, found.who) == ("/admin", "every client but 10.0.0.0/8")
    assert found.served is not None
    assert found.served.client.startswith("10.")


def test_conditions_before_a_rule_are_met_one_after_the_other(tmp_path: Path) -> None:
    rules = (
        "RewriteEngine On\nRewriteCond %{HTTP_USER_AGENT} badbot [NC]\nRewriteCond %{QUERY_STRING} ^x=1$\n"
        "RewriteRule ^/shop/ - [F]"
    )
    found = Found(tmp_path, rules).only("rewrite-rule")
    assert found.witness.target.startswith("/shop/")
    assert found.witness.target.endswith("?x=1")
    assert "badbot" in (found.witness.header("user-agent") or "").lower()


def test_a_rule_about_endings_without_a_tree(tmp_path: Path) -> None:
    rules = "RewriteEngine On\nRewriteCond %{HTTP_REFERER} !^https?://own\\.test/\nRewriteRule \\.(png|jpg)$ - [F]"
    found = Found(tmp_path, rules, tree_known=False).only("rewrite-rule")
    assert found.witness.target.endswith((".png", ".jpg"))
    assert found.who == "requests without Referer"
    assert found.served is not None
    assert found.served.header("referer") == "http://own.test/"


def test_a_variable_that_a_header_sets(tmp_path: Path) -> None:
    body = 'SetEnvIf X-Token "^secret$" ok\n<Location /api>\nRequire env ok\n</Location>'
    found = Found(tmp_path, body).only("require")
    assert found.who == "requests without X-Token"
    assert found.served is not None
    assert found.served.header("x-token") == "secret"


def test_methods_of_limit(tmp_path: Path) -> None:
    found = Found(tmp_path, "", "<Limit POST>\nRequire all denied\n</Limit>").only("require")
    assert found.witness.method == "POST"
    assert isinstance(found.where, Span)
    assert found.where.file.endswith(".htaccess")
    assert [place.path for place in found.subject.access_files] == [found.where.file]


def test_a_pattern_that_takes_ordinary_addresses_along(tmp_path: Path) -> None:
    found = Found(tmp_path, '<FilesMatch "git">\nRequire all denied\n</FilesMatch>').only("require")
    assert PURPOSE_ORDINARY in {hit.purpose for hit in found.subject.hits}


def test_the_sections_that_held_and_what_was_in_effect(tmp_path: Path) -> None:
    found = Found(tmp_path, "<Files page.html>\nOrder deny,allow\nDeny from all\n</Files>").only("access-compat")
    assert [section.kind for section in found.subject.sections] == ["directory", "files"]
    assert found.subject.access is not None
    assert [place.directive.line for place in found.subject.access.denies] == [found.where.line]  # type: ignore[union-attr]
    assert found.subject.exchange.filename == str(tmp_path / "html" / "page.html")


def test_a_directory_without_an_index_is_a_refusal_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "img").mkdir()
    found = {refusal.witness.target: refusal for refusal in Found(tmp_path, "").of("no-index")}
    assert set(found) == {"/", "/img/"}
    assert found["/"].subject.purpose == PURPOSE_HOME


def test_what_pages_load(tmp_path: Path) -> None:
    root = tmp_path / "html"
    root.mkdir()
    (root / "index.html").write_text('<link rel="stylesheet" href="/style.css">')
    (root / "style.css").write_text("a {}")
    found = Found(tmp_path, "<Files *.css>\nRequire all denied\n</Files>").only("require")
    (hit,) = [hit for hit in found.subject.hits if hit.purpose == PURPOSE_LINKED]
    assert (hit.request.target, hit.page) == ("/style.css", str(root / "index.html"))


def test_a_name_that_strays_to_another_virtual_host(tmp_path: Path) -> None:
    closed = "<VirtualHost *:80>\nServerName first.test\n<Location />\nRequire all denied\n</Location>\n</VirtualHost>"
    meant = "<VirtualHost *:80>\nServerName example.org\n</VirtualHost>"
    found = [one for one in Found(tmp_path, f"{closed}\n{meant}").refusals if one.subject.purpose == PURPOSE_TWIN_NAME]
    assert [(one.witness.host, one.subject.server.name) for one in found] == [("www.example.org", "first.test")]
    assert [one.subject.meant.name for one in found] == ["example.org"]


def test_what_no_request_meets_is_listed(tmp_path: Path) -> None:
    dead = "RedirectMatch 403 ^/x\nRedirectMatch 403 ^/xy"
    assert Found(tmp_path, dead).missed == ["`RedirectMatch 403 ^/xy`: no request was found that it refuses"]


def test_an_access_file_that_is_not_allowed_to_say_what_it_says(tmp_path: Path) -> None:
    root = tmp_path / "html"
    body = f'<Directory "{root}">\nAllowOverride AuthConfig\n</Directory>'
    kinds = {fact.kind for fact in Found(tmp_path, body, "Options +Indexes").facts if not isinstance(fact, Refusal)}
    assert kinds == {"htaccess-fault"}
