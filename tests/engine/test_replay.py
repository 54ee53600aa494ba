"""Fixes are tried out: the first that helps is kept, what else it opens is listed, nothing is called safe lightly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.core.edit import TextEdit
from audit403.core.fact import Refusal
from audit403.core.family import Options
from audit403.core.finding import ERROR, SAFE, UNSAFE, Finding, Fix
from audit403.core.place import Span
from audit403.engine.audit import Asked, audit
from audit403.engine.replay import Replay
from fakes.family import FakeSite
from fakes.installed import fake_family
from servers.need import need_root

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["fake_family"]


def site(text: str) -> FakeSite:
    return FakeSite("/a.fake", text.encode(), Options())


def refusals(there: FakeSite) -> list[Refusal]:
    return [fact for fact in there.facts() if isinstance(fact, Refusal)]


def settled(text: str, *fixes: Fix, line: int = 1) -> Fix:
    """What becomes of the fixes for the refusal of one line."""
    there = site(text)
    facts = refusals(there)
    fact = next(fact for fact in facts if isinstance(fact.where, Span) and fact.where.line == line)
    finding = Finding("fake/x", ERROR, "x", fact.where, request=fact.witness, fixes=fixes, fact=fact)
    (finding,) = Replay(there, facts).settle([finding])
    assert finding.fix is not None and finding.fixes == ()
    return finding.fix


def replace(text: str, old: str, new: str) -> tuple[TextEdit, ...]:
    start = text.index(old)
    return (TextEdit("/a.fake", start, start + len(old), new),)


def test_a_fix_that_lets_the_witness_in_is_proven() -> None:
    text = "refuse /a\n"
    fix = settled(text, Fix("out", SAFE, replace(text, "refuse /a\n", "")))
    assert fix.proven and fix.applicability == SAFE and fix.also_opens == ()


def test_one_that_does_not_help_is_not_proven_and_not_safe() -> None:
    text = "refuse /a\n"
    fix = settled(text, Fix("more", SAFE, replace(text, "refuse /a\n", "refuse /a\n\n")))
    assert not fix.proven and fix.applicability == UNSAFE


def test_one_that_cannot_be_made_is_not_proven() -> None:
    text = "refuse /a\n"
    fix = settled(text, Fix("twice", SAFE, (TextEdit("/a.fake", 0, 5, ""), TextEdit("/a.fake", 3, 9, ""))))
    assert not fix.proven


def test_the_first_that_helps_is_kept() -> None:
    text = "refuse /a\n"
    first = Fix("no", SAFE, replace(text, "refuse /a", "refuse /a "))
    second, third = (Fix(name, SAFE, replace(text, "refuse /a\n", "")) for name in ("yes", "too late"))
    assert settled(text, first, second, third).summary == "yes"


def test_what_else_it_opens_is_listed_and_makes_it_unsafe() -> None:
    text = "refuse /a\nrefuse /secret\n"
    fix = settled(text, Fix("all", SAFE, replace(text, text, "")))
    assert fix.proven and fix.applicability == UNSAFE
    assert fix.also_opens == ("GET http://fake.example/secret from 203.0.113.9",)


def test_another_defect_of_the_same_rule_may_be_mended_too() -> None:
    text = "refuse /a\nrefuse /b\n"
    there = site(text)
    facts = refusals(there)
    fixes = (Fix("all", SAFE, replace(text, text, "")),)
    findings = [
        Finding("fake/x", ERROR, "x", fact.where, request=fact.witness, fixes=fixes, fact=fact) for fact in facts
    ]
    first, second = Replay(there, facts).settle(findings)
    assert first.fix is not None and first.fix.applicability == SAFE and len(first.fix.also_opens) == 1
    assert second.fix is not None and second.fix.proven


def test_opening_a_deny_of_a_client_is_never_safe() -> None:
    text = "refuse /a 10.0.0.7\n"
    fix = settled(text, Fix("out", SAFE, replace(text, text, "")))
    assert fix.proven and fix.applicability == UNSAFE


def test_clients_that_a_test_on_clients_kept_out_are_listed() -> None:
    text = "refuse /a 10.0.0.5\nrefuse /a\n"
    fix = settled(text, Fix("out", SAFE, replace(text, text, "")))
    assert "GET http://fake.example/a from 203.0.113.9" in fix.also_opens


def test_clients_that_nothing_looked_at_are_the_same_request() -> None:
    text = "refuse /a\n"
    assert settled(text, Fix("out", SAFE, replace(text, text, ""))).also_opens == ()


@pytest.mark.parametrize("prefix", ["/.git", "/.env"])
def test_what_is_kept_closed_everywhere_is_asked_for(prefix: str) -> None:
    text = f"refuse {prefix} 203.0.113.9\nrefuse /a\n"
    fix = settled(text, Fix("all", SAFE, replace(text, text, "")), line=2)
    assert any(prefix in line for line in fix.also_opens)


def test_referers_of_a_name_that_the_fix_writes_are_asked_for_everywhere(tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_text("""
events {}
http {
    server { listen 80 default_server; return 403; }
    server {
        listen 80;
        server_name www.site.example;
        location /img/ { valid_referers server_names; if ($invalid_referer) { return 403; } return 200; }
        location / { return 200; }
    }
}""")
    report = audit([str(conf)], Asked(no_settings=True, select=("nginx/default-server-refuses",)))
    (finding,) = (judged.finding for judged in report.findings)
    assert finding.fix is not None and finding.fix.proven
    assert any("www.site.example/img/" in line and "Referer: http://site.example/" in line
               for line in finding.fix.also_opens)  # fmt: skip


def test_other_addresses_of_a_refused_file_are_asked_for(server_dir: Path) -> None:
    need_root()
    (server_dir / "www/store").mkdir(parents=True)
    for name in ("index.html", "store/index.html", "store/x.css"):
        (server_dir / "www" / name).write_text(name)
    for name in ("storex.css", *(f"other.{kind}" for kind in ("css", "js", "html", "jpg", "png", "svg", "txt"))):
        (server_dir / "www" / name).write_text(name)
        (server_dir / "www" / name).chmod(0o600)
    conf = server_dir / "nginx.conf"
    conf.write_text(f"""
user www-data;
events {{}}
http {{
    server {{
        server_name site.example;
        root {server_dir}/www;
        location /f/ {{ alias {server_dir}/www/store; }}
    }}
}}""")
    report = audit([str(conf)], Asked(no_settings=True, tree="here", select=("nginx/alias-without-slash",)))
    (finding,) = (judged.finding for judged in report.findings)
    assert finding.fix is not None and finding.fix.proven
    assert finding.fix.also_opens == ("GET http://site.example/f/x.css from 203.0.113.9",)


def test_without_a_tree_it_is_said_that_files_were_not_looked_at(tmp_path: Path) -> None:
    conf = tmp_path / "nginx.conf"
    conf.write_text("events {} http { server { root /srv/www; location /admin/ { deny all; allow 10.0.0.0/8; } } }")
    (unseen,) = audit([str(conf)], Asked(no_settings=True, tree="none")).findings
    assert unseen.finding.fix is not None and unseen.finding.fix.proven and unseen.finding.fix.files_unseen
    conf.write_text("events {} http { server { location /admin/ { deny all; allow 10.0.0.0/8; stub_status; } } }")
    (decided,) = audit([str(conf)], Asked(no_settings=True, tree="none")).findings
    assert decided.finding.fix is not None and decided.finding.fix.proven and not decided.finding.fix.files_unseen


def test_many_of_one_kind_share_a_world(tmp_path: Path) -> None:
    hosts = 20
    text = "".join(f"refuse /{number}\n" for number in range(hosts))
    there = site(text)
    facts = refusals(there)
    findings = []
    for number, fact in enumerate(facts):
        request = fact.witness._replace(host=f"host{number}.example")
        fixes = (Fix("out", SAFE, replace(text, f"refuse /{number}\n", "")),)
        findings.append(Finding("fake/x", ERROR, "x", fact.where, request=request, fixes=fixes, fact=fact))
    replay = Replay(there, ())
    assert all(finding.fix and finding.fix.proven for finding in replay.settle(findings))
    assert replay.worlds == 1


@pytest.mark.usefixtures("fake_family")
class TestWholeRun:
    def test_a_fault_in_reading_is_proven_gone(self, tmp_path: Path) -> None:
        path = tmp_path / "a.fake"
        path.write_text("fault x\nfault y\nrefuse /.git\n")
        first, second = audit([str(path)]).findings
        assert first.finding.fix is not None and first.finding.fix.proven
        assert second.finding.fix is not None and second.finding.fix.applicability == SAFE

    def test_line_endings_are_those_of_the_file(self, tmp_path: Path) -> None:
        text = "# one\r\nrefuse /a\r\n"
        there = FakeSite("/a.fake", text.encode(), Options())
        facts = refusals(there)
        edit = TextEdit("/a.fake", 7, 16, "# two\n# three")
        fixes = (Fix("", SAFE, (edit,)),)
        finding = Finding("fake/x", ERROR, "x", facts[0].where, request=facts[0].witness, fixes=fixes)
        (finding,) = Replay(there, facts).settle([finding])
        assert finding.fix is not None and finding.fix.edits[0].text == "# two\r\n# three"
