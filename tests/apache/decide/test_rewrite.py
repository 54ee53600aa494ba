"""Rewriting: what the differential tests have shown, one case each, and what only unknown things can show."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd
from audit403.apache.model.config_error import ConfigError
from audit403.apache.model.rewrite_rule import condition_of, rule_of
from audit403.apache.read.configuration import parse_htaccess
from audit403.apache.read.process import Process
from audit403.core.decision import NOT_REFUSED, REFUSED, UNKNOWN

if TYPE_CHECKING:
    from pathlib import Path

    from audit403.apache.read.tree import Directive

ON = "RewriteEngine On\n"


@pytest.mark.parametrize(
    ("rules", "target", "status"),
    [
        (r"RewriteRule \.html$ - [F]", "/page.html", 403),
        (r"RewriteRule ^page\.html$ - [G]", "/page.html", 200),
        (r"RewriteRule ^/page - [R=451]", "/page.html", 451),
        (r"RewriteRule !^/page - [F]", "/none", 403),
        ("RewriteRule ^/old /page.html", "/old", 200),
        ("RewriteRule ^/old page.html", "/old", 200),
        ("RewriteRule ^/old /page.html [R]", "/old", 302),
        ("RewriteRule ^/old /page.html [R=301,L]", "/old", 301),
        ("RewriteRule ^/old https://elsewhere.test/", "/old", 302),
        # A name without a port is nobody's own URL.
        ("RewriteRule ^/old http://own.test/page.html", "/old", 302),
        ("ServerName own.test:80\nRewriteRule ^/old http://own.test/page.html", "/old", 200),
        ("RewriteRule ^/(.*)$ /$1", "/what%3fx", 403),
        ("RewriteRule ^/(.*)$ /$1 [UnsafeAllow3F]", "/page.html%3fx", 200),
        ("RewriteRule ^/tag/(.*) /page.html?t=$1", "/tag/a%20b", 403),
        ("RewriteRule ^/tag/(.*) /page.html?t=$1 [B]", "/tag/a%20b", 200),
        ("RewriteRule ^/x /page.html [P]", "/x", 403),
        # The root of the file system is there, and the rule names it.
        ("RewriteRule ^/x /../page.html", "/x", 404),
        ("RewriteRule ^/x ..%{REQUEST_URI}", "/x", 403),
        ("RewriteRule ^/x - [S=1]\nRewriteRule .* - [F]", "/x", 404),
        ("RewriteRule ^/y - [C]\nRewriteRule .* - [F]", "/x", 404),
        ("RewriteRule ^/x /page.html [END]\nRewriteRule .* - [F]", "/x", 200),
        ("RewriteRule ^/a(.*) /aa$1 [N]", "/a", 500),
        ("RewriteRule .* /x [N]", "/a", 500),
        # A line break in the Location cannot be sent.
        ("RewriteRule ^/(.*)$ https://x.test/$1 [NE]", "/a%0ab", 500),
        ("RewriteRule ^/(.*)$ https://x.test/$1", "/a%0ab", 302),
        ("RewriteMap low int:tolower\nRewriteRule ^/(.*)$ /${low:$1}", "/PAGE.HTML", 200),
        ("RewriteRule ^/(.*)$ /${none:$1|page.html}", "/x", 200),
    ],
)
def test_a_servers_rules(tmp_path: Path, rules: str, target: str, status: int) -> None:
    assert Httpd(tmp_path, ON + rules).status(target) == status


@pytest.mark.parametrize(
    ("rules", "target", "status"),
    [
        (r"RewriteRule \.html$ - [F]", "/page.html", 403),
        ("RewriteRule ^/page - [F]", "/page.html", 200),
        ("RewriteRule ^old page.html", "/old", 200),
        ("RewriteRule ^(.*)$ x$1", "/page.html", 500),
        ("RewriteRule ^(.*)$ x$1 [END]", "/page.html", 404),
        ("RewriteCond %{ENV:REDIRECT_STATUS} ^$\nRewriteRule ^(.*)$ x$1", "/page.html", 404),
        ("RewriteBase /sub\nRewriteRule ^old page.html", "/old", 404),
        ("RewriteRule ^old$ page.html?t=%{REQUEST_URI}\\ x", "/old", 403),
        ("Options -FollowSymLinks", "/page.html", 403),
        ("Options -FollowSymLinks", "/none", 403),
        ("Options SymLinksIfOwnerMatch", "/page.html", 200),
        ("RewriteRule ^old page.html [P]", "/old", 403),
        ("Redirect 403 /page.html", "/page.html", 403),
        ("RedirectMatch 410 html$", "/page.html", 410),
    ],
)
def test_a_directorys_rules(tmp_path: Path, rules: str, target: str, status: int) -> None:
    assert Httpd(tmp_path, "", ON + rules).status(target) == status


@pytest.mark.parametrize(
    ("condition", "given", "refused"),
    [
        ("%{HTTP_REFERER} !^https?://own[.]test/ [NC]", {}, True),
        ("%{HTTP_REFERER} !^https?://own[.]test/ [NC]", {"Referer": "http://OWN.test/x"}, False),
        ("%{REQUEST_METHOD} !^(GET|HEAD)$", {"method": "POST"}, True),
        ("%{REQUEST_METHOD} ^HEAD$", {"method": "HEAD"}, True),
        ("%{HTTP:X-Test} -gt3", {"X_Test": "4"}, True),
        ("%{HTTP:X-Test} -ne4", {"X_Test": "4"}, False),
        ("%{HTTP:X-Test} >b", {"X_Test": "aa"}, True),
        ("%{HTTP:X-Test} >b [NC]", {"X_Test": "aa"}, False),
        ('%{HTTP:X-Test} =""', {}, True),
        ("%{REQUEST_FILENAME} -f", {}, False),
        ("%{LA-U:REQUEST_FILENAME} -f", {}, True),
        ("%{DOCUMENT_ROOT}/page.html -F", {}, True),
        # The request that is looked ahead to is refused by the same rule.
        ("/none.html -U", {}, False),
        ("%{SERVER_PORT} =8081", {"host": "own.test:8081"}, True),
        ("%{THE_REQUEST} ^GET\\ /page", {}, True),
        ("expr \"%{HTTP_HOST} == 'own.test'\"", {}, True),
        ("%{HTTP_HOST} nothing [OR]\nRewriteCond %{HTTP_HOST} own", {}, True),
        ("%{HTTP_HOST} own [OR]\nRewriteCond %{HTTP_HOST} nothing\nRewriteCond %{HTTP_HOST} no", {}, False),
        ("%{HTTP_HOST} (.)w\nRewriteCond %1 =o", {}, True),
        ("%{HTTP_COOKIE} =x [NV]", {"Cookie": "x"}, True),
        ("%{SSL:SSL_PROTOCOL} .", {}, False),
    ],
)
def test_conditions(tmp_path: Path, condition: str, given: dict[str, object], refused: bool) -> None:
    httpd = Httpd(tmp_path, f"{ON}RewriteCond {condition}\nRewriteRule .* - [F]")
    decision = httpd.ask(**given)
    assert (decision.verdict == REFUSED) == refused
    assert decision.cause == ("rewrite-rule" if refused else "served")


def test_what_is_inherited(tmp_path: Path) -> None:
    def status(options: str, main: str = "") -> int | None:
        body = f"{ON}{main}\nRewriteRule .* - [F]\n<VirtualHost *:80>\n{options}\n</VirtualHost>"
        return Httpd(tmp_path, body).status()

    assert status("") == 200
    assert status("RewriteEngine On") == 200
    assert status("RewriteOptions Inherit") == 403
    assert status("RewriteOptions InheritBefore") == 403
    assert status("RewriteEngine Off\nRewriteOptions Inherit") == 200
    assert status("RewriteEngine On", "RewriteOptions InheritDown") == 403
    assert status("RewriteOptions IgnoreInherit", "RewriteOptions InheritDown") == 200


def test_a_file_that_is_looked_ahead_to_is_asked_about_again_where_a_location_holds(tmp_path: Path) -> None:
    """Its only walk through the locations is its first, which in the request before began from something else."""
    rules = f"{ON}RewriteCond %{{LA-F:REQUEST_FILENAME}} nothing\nRewriteRule .* - [F]"
    decision = Httpd(tmp_path, f'<Location "/">\n{rules}\n</Location>').ask()
    asked = [step.text for step in decision.trace if step.text.startswith("authorization result of Require")]
    assert len(asked) == 2


def test_a_page_for_an_error_that_rewriting_makes_an_error_itself(tmp_path: Path) -> None:
    """Rewriting sets the status back to 200, so that the error of the page is what is answered."""
    body = f"ErrorDocument 404 /error.html\n{ON}RewriteRule ^/error - [F]"
    assert Httpd(tmp_path, body).status("/none") == 403


def test_what_cannot_be_known_is_unknown_only_where_it_counts(tmp_path: Path) -> None:
    rule = "RewriteCond %{TIME_HOUR} >12\nRewriteRule ^/page - [F]"
    decision = Httpd(tmp_path, ON + rule).ask()
    assert decision.verdict == UNKNOWN
    assert "TIME_HOUR" in decision.missing[0].name
    assert Httpd(tmp_path, ON + rule).ask("/none").verdict == NOT_REFUSED
    assert Httpd(tmp_path, f"{ON}{rule}\nRewriteRule .* - [F]").ask().verdict == REFUSED
    moved = "RewriteRule ^/page https://x.test/%{TIME} [R=301,L]"
    assert Httpd(tmp_path, ON + moved).status() == 301


def test_a_map_that_picks_at_random_is_tried_with_all_it_may_pick(tmp_path: Path) -> None:
    (tmp_path / "map").write_text("same page.html|two.html\nother page.html|none.html\nbad page.html|secret.html\n")
    rules = f"RewriteMap pick rnd:{tmp_path}/map\nRewriteRule ^/(.*)$ /${{pick:$1|page.html}}"
    (tmp_path / "html").mkdir()
    (tmp_path / "html/two.html").write_text("two")
    httpd = Httpd(tmp_path, f'{ON}{rules}\n<Files "secret.html">\nRequire all denied\n</Files>')
    assert httpd.status("/same") == 200
    assert httpd.ask("/other").verdict == NOT_REFUSED
    assert httpd.ask("/other").status is None
    assert httpd.ask("/bad").verdict == UNKNOWN


def test_a_program_that_maps_is_not_guessed(tmp_path: Path) -> None:
    rules = "RewriteMap who prg:/bin/who\nRewriteCond ${who:%{REMOTE_ADDR}} bad\nRewriteRule .* - [F]"
    assert Httpd(tmp_path, ON + rules).ask().verdict == UNKNOWN


def test_the_rule_and_its_conditions_are_named(tmp_path: Path) -> None:
    decision = Httpd(tmp_path, f"{ON}RewriteCond %{{HTTP_HOST}} own\nRewriteRule page - [F]").ask()
    assert decision.log is None
    assert [because.message for because in decision.because] == ["this rule answers 403", "its condition holds"]
    fields = [(step.field, step.operator, step.met) for step in decision.trace if step.phase == "translate"]
    assert fields[:2] == [("uri", "~", True), ("host", "~", True)]


def _directive(line: str) -> Directive:
    return parse_htaccess("x", line.encode(), Process()).directives[0]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("RewriteRule x", "bad argument line"),
        ("RewriteRule x y [", "bad flag delimiters"),
        ("RewriteRule x y [L, R]", "bad flag delimiters"),
        ("RewriteRule x y [L,]", "unknown flag ''"),
        ("RewriteRule x y [XX]", "unknown flag 'XX'"),
        ("RewriteRule ( y", "cannot compile regular expression '('"),
        ("RewriteRule x y [R=999]", "invalid HTTP response code '999' for flag 'R'"),
        ("RewriteRule x y [BNE]", "wants a list of characters"),
        ("RewriteCond x", "bad argument line"),
        ("RewriteCond x y [L]", "unknown flag 'L'"),
        ("RewriteCond x *", "cannot compile regular expression '*'"),
    ],
)
def test_what_httpd_does_not_take(line: str, words: str) -> None:
    directive = _directive(line)
    with pytest.raises(ConfigError) as caught:
        rule_of(directive, ()) if directive.name == "rewriterule" else condition_of(directive)
    assert words in str(caught.value)


def test_words_and_flags() -> None:
    rule = rule_of(_directive(r"""RewriteRule "^a b$" 'x y?' "[R=permanent, NC , E=a:b, E=c]" """), ())
    assert rule.pattern.text == "^a b$"
    assert (rule.output, rule.status, rule.env) == ("x y", 301, ("a:b", "c"))
    assert {"R", "NC", "QS-none"} == rule.flags
    assert rule_of(_directive(r"RewriteRule ^a\ b y"), ()).pattern.text == r"^a\ b"
    condition = condition_of(_directive('RewriteCond %{HTTP_USER_AGENT} "!^a b" [NC,OR]'))
    assert (condition.negated, condition.text, condition.flags) == (True, "^a b", frozenset(("NC", "OR")))
    assert condition_of(_directive("RewriteCond x -ne3")).negated
