"""One clear problem for each fault, at the place where the fault is, and the rest is read."""

import pytest

from audit403.apache.read.configuration import Configuration, read_around
from audit403.apache.read.parse import parse
from audit403.evidence.memory import MemoryEvidence


def read(text: str) -> Configuration:
    return read_around(parse("/x", (text + "ServerName the-rest\n").encode()), MemoryEvidence({}))


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("<Directory /a>\n<Files x>\n</Directory>\n", 3, "Expected </Files> but saw </Directory>"),
        ("<Directory /a>\n</Files>\n</Directory>\n", 2, "no such section is open here"),
        ("</Directory>\n", 1, "</Directory> without matching <Directory> section"),
        ("<Directory /a>\n</Direcotry>\n", 2, "Expected </Directory> but saw </Direcotry>"),
        ("<Directory /a>\n</Directory >\n", 2, "</Directory> directive missing closing '>'"),
        ("<Directory /a>\n</Directory\n", 2, "</Directory> directive missing closing '>'"),
        ("<Directory /a>\n</ Directory>\n", 2, "Expected </Directory> but saw </"),
        ("<Directory /a>\n</Directory>>\n", 2, "Expected </Directory> but saw </Directory>>"),
        ("<Directory /a\nOptions None\n</Directory>\n", 1, "<Directory> directive missing closing '>'"),
        ("< Directory /a>\nOptions None\n</Directory>\n", 1, 'expected the name of a section right after "<"'),
        ("<>\n", 1, 'expected the name of a section right after "<"'),
        (
            "<Directory /a>\n<Directory /b>\n</Directory>\n",
            1,
            "was not closed: expected </Directory> before <Directory",
        ),
        ("<Location /a>\n<VirtualHost *>\n</VirtualHost>\n", 1, "<Location> was not closed: expected"),
        ("<IfModule so_module>\n<Files x>\n</IfModule>\n</Files>\n", 3, "Expected </Files> but saw </IfModule>"),
        ("<Files x>\n<IfModule so_module>\n</Files>\n</IfModule>\n", 3, "</Files> without matching"),
        ("<IfModule so_module>\n</IfModule> # so\n", 2, "nothing may follow it on its line"),
        ("<IfModule so_module\n</IfModule>\n", 1, "<IfModule> directive missing closing '>'"),
        ("<IfModule>\nTimeout 1\n</IfModule>\n", 1, "requires additional arguments"),
        ("<IfModule nope>\n<Files x>\n</IfModule>\n", 3, "Expected </Files> but saw </IfModule>"),
        (
            "<Files x>\n<IfModule nope>\n</Files>\n",
            2,
            "<IfModule> was not closed: expected </IfModule> before </Files>",
        ),
        ("<IfVersion >= x>\n</IfVersion>\n", 1, "is no version"),
        ("<IfVersion => 2.4>\n</IfVersion>\n", 1, "unrecognized operator '=>'"),
        ("<IfVersion ~ (>\n</IfVersion>\n", 1, "Unable to compile regular expression"),
        ("Define\n", 1, "Define takes 1-2 arguments"),
        ("Define a:b c\n", 1, "Variable name must not contain ':'"),
        ("Include a b\n", 1, "Include takes one argument"),
        ("Use nothing\n", 1, "macro 'nothing' undefined"),
        ("<Macro>\n</Macro>\n", 1, "name not found"),
        ("<Macro a $x $x>\n</Macro>\n", 1, "two arguments with the name '$x'"),
        ("<Macro a $x>\n</Macro>\nUse a\n", 3, "used with 0 arguments instead of 1"),
        ("<Macro a>\nUse a\n</Macro>\nUse a\n", 2, "recursive use of macro 'a' is invalid"),
        ("Require all granted\n", 1, "Require not allowed here"),
        ("<Directory /a>\nServerAdmin a\n</Directory>\n", 2, "ServerAdmin not allowed in <Directory> context"),
        ("<Location />\n<RequireAny>\nOptions None\n</RequireAny>\n</Location>\n", 3, "not allowed in <RequireAny>"),
        ("KeepAlive maybe\n", 1, "KeepAlive must be On or Off"),
        ("Timeout\n", 1, "Timeout takes one argument"),
        ("Nonsense 1\n", 1, "Invalid command 'Nonsense'"),
        ("\u00a0Timeout 1\n", 1, "U+00A0 is no space to httpd"),
        ("ServerAlias a\n", 1, "ServerAlias only used in <VirtualHost>"),
        ("<Location /a>\n<Files x>\n</Files>\n</Location>\n", 2, "<Files> cannot occur within <Location> section"),
        ("<VirtualHost *>\nUser a\n</VirtualHost>\n", 2, "User cannot occur within <VirtualHost> section"),
    ],
)
def test_one_problem_where_the_fault_is(text: str, line: int, message: str) -> None:
    configuration = read(text)
    [problem] = configuration.problems
    assert message in problem.message
    assert problem.span.line == line
    assert configuration.directives[-1].args == ["the-rest"]


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("<IfModule so_module>\n", "suspicious", "httpd lets it pass"),
        ("<IfModule so_module>\n<Files x>\n", "suspicious", "httpd lets it pass"),
        ("ServerAdmin ${NOPE}\n", "not-collected", "the variable ${NOPE} is not defined"),
        ("ServerAdmin a\u00a0b\n", "suspicious", "U+00A0"),
        ("Include /nope\n", "include", "cannot be read: no such file"),
        ("Include /nope/*\n", "include", 'the directory "/nope" does not exist'),
    ],
)
def test_what_is_only_odd(text: str, kind: str, message: str) -> None:
    problem = read(text).problems[0]
    assert (problem.kind, message in problem.message) == (kind, True)
