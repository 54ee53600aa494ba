"""Hosts that are set up alike share what was read and built; what is found on each is what is found on it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.core.family import Options
from audit403.engine.audit import Asked, judged
from audit403.engine.settings import NO_SETTINGS
from audit403.engine.targets import FoundSite
from audit403.evidence.interface import DIRECTORY, FILE, LINK, Entry, Group, User
from audit403.evidence.memory import MemoryEvidence
from audit403.nginx import family, kept
from audit403.nginx.read.parse import parse

if TYPE_CHECKING:
    import pytest

    from audit403.nginx.family import NginxSite

MAIN = b"""user www-data; events {} http {
    include /etc/nginx/mime.types;
    server { listen 80; server_name $hostname a.example; root /srv/a; include sites/*.conf; }
}
"""
PLAIN = MAIN.replace(b"$hostname ", b"")
TYPES = b"types { text/html html; image/png png; }\n"
DEAD = b"location /admin/ { deny all; allow 10.0.0.0/8; }\nlocation /x/ { allow 10.0.0.0/8; deny all; }\n"
OTHER = b"location /admin/ { deny all; allow 10.0.0.0/16; }\n"
BROKEN = b"location /admin/ { deny all; allow 10.0.0.0/99; }\ninclude missing.conf;\n"
LISTED = b"location /admin/ { autoindex on; }\n"


def host(
    main: bytes = PLAIN, site: bytes = DEAD, *, mode: int = 0o644, hostname: str = "one", name: str = "a.conf"
) -> MemoryEvidence:
    folders = ("/", "/etc", "/etc/nginx", "/etc/nginx/sites", "/srv", "/srv/a", "/srv/a/admin")
    contents = {
        "/etc/nginx/nginx.conf": main, "/etc/nginx/mime.types": TYPES, f"/etc/nginx/sites/{name}": site,
        "/srv/a/index.html": b"<img src=/p.png>", "/srv/a/p.png": b"",
    }  # fmt: skip
    entries = dict.fromkeys(folders, Entry(DIRECTORY, 0o755, 0, 0))
    entries |= dict.fromkeys(contents, Entry(FILE, 0o644, 0, 0)) | {"/srv/a/p.png": Entry(FILE, mode, 0, 0)}
    entries["/etc/nginx/link.conf"] = Entry(LINK, 0o777, 0, 0, "nginx.conf")
    users, groups = (User("www-data", 33, 33, "/"),), (Group("www-data", 33, ()),)
    return MemoryEvidence(entries, contents, users, groups, hostname=hostname)


HOSTS = (
    host(), host(), host(mode=0o600), host(site=OTHER), host(), host(site=BROKEN), host(name="b.conf"), host(MAIN),
    host(MAIN, hostname="two"), host(MAIN), host(site=LISTED, mode=0o600), host(site=BROKEN), host(mode=0o600),
    host(MAIN.replace(b"listen 80", b"listen 81")), host(site=OTHER, mode=0o600), host(MAIN, hostname="two"),
)  # fmt: skip


def site_of(evidence: MemoryEvidence) -> NginxSite:
    return family.read("/etc/nginx/nginx.conf", evidence, Options(None, (), "here"))


def found_on(evidence: MemoryEvidence) -> list[object]:
    report = judged([FoundSite("nginx", site_of(evidence), NO_SETTINGS)], Asked())
    findings = [one.finding for one in report.findings]
    return [[(one.rule, one.severity, one.where, one.message, one.fix) for one in findings], report.not_audited]


def test_each_host_has_its_own_findings() -> None:
    alone = []
    for one in HOSTS:
        family._kept.cache_clear()
        alone.append(found_on(one))
    assert len({repr(one) for one in alone}) > 6
    family._kept.cache_clear()
    assert [found_on(one) for one in HOSTS] == alone
    assert [found_on(one) for one in HOSTS[::-1]] == alone[::-1]


def test_what_is_equal_is_built_once(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []

    def counted(path: str, data: bytes) -> object:
        parsed.append(path)
        return parse(path, data)

    monkeypatch.setattr(kept, "parse", counted)
    family._kept.cache_clear()
    first, again, other = site_of(host()), site_of(host(mode=0o600)), site_of(host(site=OTHER))
    assert again.model is first.model and again.evaluator is not first.evaluator
    assert other.model is not first.model
    assert len(parsed) == len(set(parsed)) + 1 == 4  # of the other host only one file is another one
    one, two, three = (site_of(host(MAIN, hostname=name)) for name in ("one", "two", "one"))
    assert one.model is three.model and one.model is not two.model


def test_only_some_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    family._kept.cache_clear()
    first = site_of(host())
    for number in range(kept.MOST_CONFIGURATIONS):
        site_of(host(site=b"location /%d { return 403; }" % number))
    assert site_of(host()).model is not first.model
    monkeypatch.setattr(kept, "MOST_BYTES", 10)
    family._kept.cache_clear()
    assert site_of(host()).model is not site_of(host()).model
    assert not family._kept()._files and not family._kept()._built
