"""The report about many hosts: equal findings once, every host accounted for, JSON with `host` in the contract."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from audit403.engine.audit import Asked, audit
from audit403.host.fleet import HostResult
from audit403.report.host_json import host_report, write_host_line, write_hosts_json
from audit403.report.hosts import Hosts, write_concise
from audit403.report.terminal import Style
from report.schemas import CHECK

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = """\
events {{}}
http {{
    server {{
        listen 80;{lines}
        server_name {name};
        location /status/ {{
            deny  all;
            allow 10.20.7.0/24;
            proxy_pass http://127.0.0.1:8080;
        }}
    }}
}}
"""
SOUND = "events {}\nhttp { server { listen 80; server_name a.example; location / { return 200; } } }\n"


@pytest.fixture
def on_host(tmp_path: Path) -> Any:
    """`on_host("web1", text)`: the result of a host whose nginx has that configuration."""

    def result(host: str, text: str, with_text: bool = True, **more: Any) -> HostResult:
        path = tmp_path / "nginx.conf"
        path.write_text(text)
        report = audit([str(path)], Asked(tree="none"))
        server = SimpleNamespace(found=SimpleNamespace(family="nginx", site=SimpleNamespace(main=str(path))))
        of_host: Any = SimpleNamespace(servers=(server,), report=report)
        said = host_report(of_host, Style() if with_text else None)
        return HostResult(host, {**json.loads(json.dumps(said)), **more}, None, 1.25)

    return result


def config(name: str = "a.example", lines: int = 0) -> str:
    return CONFIGURATION.format(name=name, lines="\n" * lines)


def collected(*results: HostResult) -> Hosts:
    hosts = Hosts()
    for result in results:
        hosts.add(result)
    return hosts


def shown(*results: HostResult, quiet: bool = False, style: Style = Style()) -> str:  # noqa: B008
    stream = io.StringIO()
    collected(*results).write_full(stream, style, quiet)
    return stream.getvalue()


def test_equal_findings_are_said_once_with_their_hosts(on_host: Any) -> None:
    results = [on_host(f"web{number}", config(lines=number % 3)) for number in range(12)]
    text = shown(*reversed(results))
    assert text.count("error[nginx/allow-behind-deny]") == 1
    assert "  = hosts: on 12 hosts: web0, web1, web2, web3, web4, web5, web6, web7 and 4 more\n" in text
    assert "alike" not in text
    assert text.endswith("12 findings on 12 of 12 hosts (12 errors), 1 different\n")


def test_those_that_are_only_alike_are_counted(on_host: Any, tmp_path: Path) -> None:
    results = [on_host(f"web{number}", config()) for number in range(3)]
    others = [
        on_host(f"db{number}", config(f"db{number}.example").replace("10.20.7", f"10.20.{number}"))
        for number in range(8)
    ]
    text = shown(*others, *results)
    assert text.count("error[") == 1
    assert "  = hosts: on 3 hosts: web0, web1, web2\n" in text
    assert (
        f"  = alike: 8 times more on 8 hosts: db0 {tmp_path}/nginx.conf:7:13, db1 " in text and "and 2 more\n" in text
    )
    assert "11 findings on 11 of 11 hosts (11 errors), 9 different\n" in text


def test_the_same_words_with_another_fix_are_another_finding(on_host: Any) -> None:
    def with_fix(host: str, fix: Any) -> HostResult:
        result = on_host(host, config())
        report = {**result.report, "findings": [dict(finding) for finding in result.report["findings"]]}
        for finding in report["findings"]:
            finding["fix"] = None if fix is None else {**finding["fix"], **fix}
        return HostResult(host, report)

    text = shown(*(with_fix(f"web{number}", {"commands": [f"chmod {number}"]}) for number in range(2)))
    assert text.count("error[") == 1 and "  = alike: 1 time more on 1 host: web1 " in text
    assert "\nweb0 " in text and "\nweb1 " in text  # two hosts have a table
    unlike = shown(with_fix("web0", {}), with_fix("web1", None), with_fix("web2", {"proven": False}))
    assert unlike.count("error[") == 3 and "alike" not in unlike


def test_one_host_has_its_name_and_no_table(on_host: Any) -> None:
    text = shown(on_host("web1", config()))
    assert "  = host: web1\n" in text and "servers" not in text
    assert text.endswith("\n1 finding on 1 of 1 host (1 error)\n")
    assert shown(on_host("web1", SOUND)) == "0 findings on 0 of 1 host\n"


def test_the_table(on_host: Any) -> None:
    missed = [{"target": "web2", "reason": "it needs root"}, {"target": "/etc/x", "reason": "it is gone"}]
    text = shown(
        on_host("web10", SOUND), on_host("web2", SOUND, not_audited=missed), on_host("web1", config()),
        HostResult("web3", None, "web3 takes no key", 12.0),
    )  # fmt: skip
    assert text.split("\n\n", 1)[1] == (
        "not audited: web2: it needs root\n"
        "not audited: web2: /etc/x: it is gone\n"
        "not audited: web3: web3 takes no key\n"
        "host   servers  errors  warnings  not audited  seconds\n"
        "web1         1       1         0            0      1.2\n"
        "web3         –       –         –          all     12.0\n"
        "web2         1       0         0            2      1.2\n"
        "web10        1       0         0            0      1.2\n"
        "\n"
        "1 finding on 1 of 4 hosts (1 error); 1 host not audited; 1 host not audited in full\n"
    )


def test_quiet_leaves_the_table_out(on_host: Any) -> None:
    text = shown(on_host("web1", SOUND), HostResult("web2", None, "gone"), quiet=True)
    assert text == "not audited: web2: gone\n"


def test_many_hosts_are_counted_and_not_listed(on_host: Any) -> None:
    sound, broken = on_host("x", SOUND), on_host("x", config())
    results = [sound._replace(host=f"ok{number}") for number in range(500)]
    results += [broken._replace(host=f"bad{number}") for number in range(70)]
    lines = shown(*results).splitlines()
    assert sum(line.startswith("bad") for line in lines) == 60 and not any(line.startswith("ok") for line in lines)
    assert "… and 10 more with findings, or not audited" in lines and "and 500 hosts with nothing to say" in lines
    assert lines[-1] == "70 findings on 70 of 570 hosts (70 errors), 1 different"


def test_the_same_reason_is_said_once() -> None:
    results = [
        HostResult(f"web{number}", None, f"web{number} cannot be reached at web{number}:22") for number in range(10)
    ]
    text = shown(*results, quiet=True)
    assert text == (
        "not audited: 10 hosts (web0, web1, web2, web3, web4, web5, web6, web7 and 2 more): "
        "the host cannot be reached at the host:22\n"
    )


def test_what_the_exit_code_is_made_of(on_host: Any) -> None:
    sound, broken = on_host("a", SOUND), on_host("b", config())
    unreached = HostResult("c", None, "gone")
    said = [(each.fails, each.is_incomplete) for each in (collected(sound), collected(broken), collected(unreached))]
    assert said == [(False, False), (True, False), (False, True)]
    assert collected(sound._replace(report={**sound.report, "faults": ["x"]})).faults == {"x": None}


def test_json(on_host: Any) -> None:
    stream = io.StringIO()
    write_hosts_json([HostResult("web2", None, "gone", 0.12345), on_host("web1", config(), False)], stream)
    whole = json.loads(stream.getvalue())
    CHECK.validate(whole)
    assert list(whole) == ["version", "findings", "not_audited", "hosts"]
    assert [finding["host"] for finding in whole["findings"]] == ["web1"]
    assert whole["not_audited"] == [{"host": "web2", "target": "web2", "reason": "gone"}]
    assert [(host["host"], host["audited"], host["seconds"]) for host in whole["hosts"]] == [
        ("web1", True, 1.25), ("web2", False, 0.123),
    ]  # fmt: skip
    assert whole["hosts"][0]["servers"][0]["server"] == "nginx"


def test_a_line_of_json_for_each_host(on_host: Any) -> None:
    stream = io.StringIO()
    for result in (on_host("web1", config()), HostResult("web2", None, "gone")):
        write_host_line(result, stream)
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    CHECK.validate({"version": 1, "findings": first["findings"], "not_audited": second["not_audited"]})
    assert list(first) == ["host", "audited", "servers", "seconds", "findings", "not_audited"]
    assert (second["host"], second["audited"]) == ("web2", False)


def test_concise_lines_come_as_hosts_are_done(on_host: Any, tmp_path: Path) -> None:
    stream = io.StringIO()
    write_concise(on_host("web1", config(), False), stream, Style())
    write_concise(HostResult("web2", None, "gone"), stream, Style())
    assert stream.getvalue().startswith(
        f"web1: {tmp_path}/nginx.conf:7:13: error[nginx/allow-behind-deny] `allow 10.20.7.0/24`"
    )
    assert stream.getvalue().count("\n") == 1


def test_nothing_raw_of_a_host_reaches_the_terminal(on_host: Any) -> None:
    raw = "\033[2J\n\u202e\udcff"
    result = on_host("x", config())
    missed = [{"target": raw, "reason": raw}]
    report = {**result.report, "not_audited": missed}
    report["findings"] = [{**finding, "message": raw, "where": {"path": raw}} for finding in report["findings"]]
    report["texts"] = {}
    text = shown(HostResult(f"a{raw}", report), HostResult(f"b{raw}", None, raw))
    assert all(character == "\n" or character.isprintable() for character in text)
    stream = io.StringIO()
    write_concise(HostResult(f"a{raw}", report), stream, Style())
    assert all(character == "\n" or character.isprintable() for character in stream.getvalue())
