"""Expressions: what the differential tests have shown, one case each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from apache.decide.asked import Httpd
from audit403.apache.expr.parse import parse_condition, parse_string
from audit403.apache.model.config_error import ConfigError
from audit403.core.decision import UNKNOWN

if TYPE_CHECKING:
    from pathlib import Path

HOLD = (
    "true", "! false", "%{REQUEST_URI} == '/page.html'", "%{request_uri} = '/page.html'",
    "%{HTTP_HOST} in {'a', 'own.test'}",
    "'10' -gt '9' && '10' < '9'", "%{REQUEST_URI} =~ m#^/(.*)\\.html$# && $1 == 'page'", "'Ab' =~ /^aB$/i",
    "'a' !~ /b/", "tolower('ABC') == 'abc'", "%{tolower:%{HTTP_HOST}} == 'own.test'", "-R '127.0.0.0/8'",
    "%{REMOTE_ADDR} -ipmatch '127.0.0.1'", "'/a/b' -strmatch '/*'", "! '/a/b' -fnmatch '/*'", "-T 'yes'", "! -T 'Off'",
    "-n 'a' and -z ''", "md5('a') == '0cc175b9c0f1b6a831c399e269772661'", "unbase64('YQ==') . 'b' == 'ab'",
    "-f '%{DOCUMENT_ROOT}/page.html'", "-d %{DOCUMENT_ROOT}", "! -e '/none/of/this'", "%{IS_SUBREQ} == 'false'",
    "%{HTTPS} == 'off' && %{REQUEST_SCHEME} == 'http'", "unescape('%41%2f') == 'A%2f'", "'\\101' == 'A'",
    "ldap('a*') == 'a\\\\2a'",
    "-U '/page.html'", "not -U '/none.html'", "%{SERVER_NAME} == 'own.test'", "'x' == 'y' || 'x' == 'x' && 'y' == 'y'",
    "-F '%{DOCUMENT_ROOT}/page.html'", "not -F '%{DOCUMENT_ROOT}/%|none'", "-F 'page.html'",
    "filesize('%{DOCUMENT_ROOT}/page.html') -eq 4", "%{SSL_PROTOCOL} == ''", "env('NOTHING') == ''",
)  # fmt: skip
REFUSED = (
    "", "'a", "%{NOSUCH} == 'a'", "nosuch('a') == 'b'", "-q 'a'", "'a' -nosuch 'b'", "'a' == ", "'a' =~ 'b'", "(true",
    "%{req:} == 'a'", "'\\999' == 'a'", "'a' -ipmatch 'b'", "-R %{REMOTE_ADDR}", "-R 10", "'a' =~ /(/", "'a' in 'b'",
    "a == b",    "true & false", "%{HTTP HOST} == 'a'", "'%{req:a\"b}' == ''", "$10 == 'a'", "'a' == 'b' 'c'",
)  # fmt: skip


@pytest.mark.parametrize("expression", HOLD)
def test_conditions_that_hold(tmp_path: Path, expression: str) -> None:
    httpd = Httpd(tmp_path, f'<Directory "{tmp_path}/html">\nRequire expr {expression}\n</Directory>')
    assert not httpd.model.faults
    assert httpd.status() == 200


@pytest.mark.parametrize("expression", REFUSED)
def test_what_is_no_condition(expression: str) -> None:
    with pytest.raises(ConfigError):
        parse_condition(expression)


@pytest.mark.parametrize("text", ["%{REQUEST_URI", "%{NOSUCH}", "a\\", "%{md5:a'b}"])
def test_what_is_no_text(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_string(text)


def test_expressions_nested_without_end_are_refused() -> None:
    with pytest.raises(ConfigError, match="memory exhausted"):
        parse_condition("(" * 100_000 + "true")


def test_what_ends_httpd_outdoes_names_that_do_not_exist() -> None:
    with pytest.raises(ConfigError, match="flex scanner jammed"):
        parse_condition("%{NOSUCH} == '%{req:a\"b}'")


def test_long_chains_are_read_and_evaluated(tmp_path: Path) -> None:
    chain = " or ".join("%{HTTP_HOST} == 'x'" for _ in range(3000))
    httpd = Httpd(tmp_path, f'<Directory "{tmp_path}/html">\nRequire expr {chain}\n</Directory>')
    assert httpd.status() == 403


def test_deeper_than_twenty_levels_is_an_error(tmp_path: Path) -> None:
    deep = "'a'"
    for _ in range(25):
        deep = f"tolower({deep})"
    httpd = Httpd(tmp_path, f"<Directory \"{tmp_path}/html\">\nRequire expr {deep} == 'a'\n</Directory>")
    assert httpd.status() == 500


def test_an_if_that_cannot_be_evaluated_does_not_hold(tmp_path: Path) -> None:
    body = "<If \"file('/none/of/this') == ''\">\nRequire all denied\n</If>"
    assert Httpd(tmp_path, body).status() == 200


def test_the_time_is_unknown_only_where_it_matters(tmp_path: Path) -> None:
    matters = '<If "%{TIME_HOUR} -gt 8">\nRequire all denied\n</If>'
    decision = Httpd(tmp_path, matters).ask()
    assert decision.verdict == UNKNOWN
    assert "TIME_HOUR" in decision.missing[0].name
    assert Httpd(tmp_path, matters.replace("Require all denied", "SetEnv A b")).status() == 200


def test_what_every_possible_value_answers_alike_is_known(tmp_path: Path) -> None:
    for expression in ("%{TIME_WDAY} -lt 7", "%{TIME_HOUR} !~ /x/", "not %{TIME_MON} in { '0', '13' }"):
        body = f'<Directory "{tmp_path}/html">\nRequire expr {expression}\n</Directory>'
        assert Httpd(tmp_path, body).status() == 200


def test_file_is_not_for_htaccess(tmp_path: Path) -> None:
    httpd = Httpd(tmp_path, "", "Require expr file('/etc/hostname') != ''\n")
    decision = httpd.ask()
    assert decision.status == 500
    assert any("file not available in restricted context" in step.text for step in decision.trace)


def test_a_bad_expression_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    httpd = Httpd(tmp_path, '<If "%{NOSUCH} == 1">\nRequire all denied\n</If>')
    assert "Cannot parse condition clause: Variable 'NOSUCH' does not exist" in httpd.model.faults[0].message


def test_a_user_is_asked_for_where_the_expression_names_one(tmp_path: Path) -> None:
    login = "AuthType Basic\nAuthName x\nAuthUserFile /none"
    body = f"<Location />\n{login}\nRequire expr %{{REMOTE_USER}} == 'me'\n</Location>"
    assert Httpd(tmp_path, body).status() == 401


def test_the_trace_names_what_was_looked_at(tmp_path: Path) -> None:
    body = "<Location />\nRequire expr %{HTTP_USER_AGENT} !~ /bot/i\n</Location>"
    decision = Httpd(tmp_path, body).ask(User_Agent="Googlebot")
    step = next(step for step in decision.trace if step.operator == "matches")
    assert (step.field, step.value, step.met) == ("header:user-agent", "bot", True)
    assert decision.status == 403


def test_error_documents_and_handlers_may_have_variables(tmp_path: Path) -> None:
    body = 'ErrorDocument 403 "/%{tolower:PAGE}.html"\n<Location /closed>\nRequire all denied\n</Location>'
    assert Httpd(tmp_path, body).status("/closed") == 403
