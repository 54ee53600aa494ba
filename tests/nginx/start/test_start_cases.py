"""The statements of `start_cases`, read by us and by the real nginx: the word at fault, its line and what is said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from audit403.evidence.local import LocalEvidence
from audit403.nginx.read.configuration import read_configuration
from audit403.nginx.start.check import refused
from differential.nginx.start_trial import NEWER, UNSEEN, asked
from nginx.start.start_cases import HTTP, SERVER, TAKEN
from servers.need import need
from servers.process import server_directory

if TYPE_CHECKING:
    from pathlib import Path

_AROUND = """\
pid nginx.pid;
events {{ }}
http {{
access_log /dev/null; client_body_temp_path a; proxy_temp_path b;
fastcgi_temp_path c; uwsgi_temp_path d; scgi_temp_path e;
limit_req_zone $host zone=one:1m rate=1r/s; limit_req_zone $host zone=one2:1m rate=1r/s;
limit_conn_zone $host zone=addr:1m; upstream up {{ server 127.0.0.1; }}
{http}
server {{
{server}
}}
}}
"""


class Case(NamedTuple):
    """One statement in its configuration; `marked` is the byte range at fault."""

    text: str
    marked: tuple[int, int]
    message: str


def case(line: str, level: str) -> Case:
    statement, _, message = line.rpartition(" | ")
    parts = {"http": "", "server": ""} | {level: statement}
    text = _AROUND.format(**parts)
    start, end = text.index("«"), text.index("»") - 1
    return Case(re.sub("[«»]", "", text), (start, end), message)


REFUSED = [(line, "server") for line in SERVER.strip().splitlines()] + [
    (line, "http") for line in HTTP.strip().splitlines()
]


@pytest.mark.parametrize(("line", "level"), REFUSED, ids=[line for line, _ in REFUSED])
def test_what_nginx_refuses(tmp_path: Path, line: str, level: str) -> None:
    wanted = case(line, level)
    (tmp_path / "nginx.conf").write_text(wanted.text)
    configuration = read_configuration(str(tmp_path / "nginx.conf"), LocalEvidence())
    assert not configuration.problems
    [fault] = refused(configuration)
    assert wanted.message in fault.message
    where = fault.where()
    assert wanted.text[where.start : where.end].startswith(wanted.text[slice(*wanted.marked)])


def test_the_real_nginx_says_the_same() -> None:
    need("nginx")
    with server_directory() as folder:
        folder.chmod(0o777)
        for line, level in REFUSED:
            wanted = case(line, level)
            (folder / "nginx.conf").write_text(wanted.text)
            said = asked(folder / "nginx.conf", folder)
            assert said is not None, line
            assert wanted.message in said.message, line


@pytest.mark.parametrize("line", TAKEN.strip().splitlines())
def test_what_nginx_takes(tmp_path: Path, line: str) -> None:
    (tmp_path / "nginx.conf").write_text(_AROUND.format(http="", server=line))
    configuration = read_configuration(str(tmp_path / "nginx.conf"), LocalEvidence())
    assert [fault.message for fault in refused(configuration)] == []


def test_the_real_nginx_takes_it_too() -> None:
    need("nginx")
    with server_directory() as folder:
        folder.chmod(0o777)
        for line in TAKEN.strip().splitlines():
            (folder / "nginx.conf").write_text(_AROUND.format(http="", server=line))
            said = asked(folder / "nginx.conf", folder)
            assert said is None or UNSEEN.search(said.message) or NEWER.search(said.message), (line, said)
