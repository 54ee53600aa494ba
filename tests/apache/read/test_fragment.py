"""Lone files, repositories and folders: what is assumed around them, and what is said about what is not at hand."""

from pathlib import Path

import pytest

from audit403.apache.family import NOT_RECOGNISED
from audit403.apache.read.configuration import Configuration, Settings, parse_htaccess, read_configuration
from audit403.apache.read.fragment import (
    around_htaccess,
    read_folder,
    read_lone,
    read_standard_input,
)
from audit403.core.place import ASSUMED
from audit403.evidence.local import LocalEvidence
from servers.need import need

VHOST = """\
<VirtualHost *:80>
    ServerName a.example
    DocumentRoot /srv/www
    RewriteEngine On
    <IfModule mod_headers.c>
        Header set A b
    </IfModule>
    ErrorLog ${APACHE_LOG_DIR}/a.log
</VirtualHost>
"""
DEBIAN_MAIN = """\
DefaultRuntimeDir ${APACHE_RUN_DIR}
User ${APACHE_RUN_USER}
Group ${APACHE_RUN_GROUP}
IncludeOptional mods-enabled/*.load
IncludeOptional mods-enabled/*.conf
Include ports.conf
IncludeOptional conf-enabled/*.conf
IncludeOptional sites-enabled/*.conf
"""


def lone(path: Path, text: str, settings: Settings | None = None) -> Configuration:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return read_lone(str(path), LocalEvidence(), settings or Settings())


def names(configuration: Configuration) -> list[str]:
    return [directive.name for directive in configuration.every() if directive.source.path != ASSUMED]


def test_a_virtual_host(tmp_path: Path) -> None:
    configuration = lone(tmp_path / "a.conf", VHOST)
    assert configuration.assumed == "server"
    assert configuration.about == str(tmp_path / "a.conf")
    assert configuration.problems == []
    # mod_rewrite must be there, or httpd would not start; mod_headers is not what Debian enables.
    assert names(configuration) == ["<virtualhost", "servername", "documentroot", "rewriteengine", "errorlog"]
    assert configuration.modules.has("mod_rewrite.c")
    assert configuration.modules.assumed is not None
    assert configuration.modules.assumed.name == "debian"
    assert configuration.every()[-1].args == ["/var/log/apache2/a.log"]
    around = [d for d in configuration.directives if d.name == "<directory"]
    assert around[0].args == ["/"]
    assert around[0].block is not None
    assert around[0].block[-1].raw == "all denied"


def test_a_file_for_a_module_is_for_servers_with_it(tmp_path: Path) -> None:
    """What certbot writes: a virtual host in <IfModule mod_ssl.c>, which Debian has enabled only then."""
    inner = VHOST.replace("*:80", "*:443").replace("ErrorLog", "SSLEngine on\n    ErrorLog")
    text = f"<IfDefine !NO_TLS>\n<IfModule mod_ssl.c>\n{inner}</IfModule>\n</IfDefine>\n"
    text += "<IfModule !mod_dav.c>\n</IfModule>\n"
    configuration = lone(tmp_path / "a-le-ssl.conf", text)
    assert configuration.problems == []
    assert names(configuration) == [
        "<virtualhost", "servername", "documentroot", "rewriteengine", "sslengine", "errorlog",
    ]  # fmt: skip
    assert configuration.implied == ("ssl_module", "rewrite_module")
    assert [d.args for d in configuration.every() if d.name == "listen"] == [["80"], ["443"]]
    other = lone(tmp_path / "b.conf", "<IfModule mpm_prefork_module>\nMaxSpareServers 5\n</IfModule>\n<IfModule>\n")
    assert names(other) == []
    assert other.implied == ()


def test_the_parts_of_debians_configuration_alone(tmp_path: Path) -> None:
    need("apache2")
    found = {}
    for kind in ("conf", "sites", "mods"):
        for part in Path(f"/etc/apache2/{kind}-available").glob("*.conf"):
            configuration = lone(tmp_path / part.name, part.read_text())
            assert configuration.problems == [], part
            assert configuration.assumed == "server", part
            found[part.name] = set(names(configuration))
    assert len(found) > 20
    assert {"<virtualhost", "sslengine"} <= found["default-ssl.conf"]
    assert {"userdir", "<directory", "require"} <= found["userdir.conf"]
    assert {"<location", "require"} <= found["status.conf"]


def test_the_assumption_can_be_chosen(tmp_path: Path) -> None:
    configuration = lone(tmp_path / "a.conf", VHOST, Settings(modules="rhel"))
    assert "header" in names(configuration)


def test_what_belongs_into_a_virtual_host_or_a_directory(tmp_path: Path) -> None:
    inside = lone(tmp_path / "in.conf", "ServerAlias b.example\nRedirect 403 /x\n")
    assert (inside.assumed, inside.problems) == ("vhost", [])
    assert [section.name for section in inside.every()[-1].sections] == ["<virtualhost"]
    access = lone(tmp_path / "access.conf", "Require ip 10.0.0.0/8\nOrder deny,allow\n")
    assert (access.assumed, access.problems) == ("directory", [])
    assert [section.name for section in access.every()[-1].sections] == ["<directory"]


def test_a_lone_htaccess(tmp_path: Path) -> None:
    site = tmp_path / "site"
    (site / "admin").mkdir(parents=True)
    (site / ".htaccess").write_text("Options -Indexes\n")
    configuration = lone(site / "admin" / ".htaccess", "Require all denied\n")
    assert configuration.assumed == "AllowOverride All, Options FollowSymLinks"
    assert configuration.about == str(site / "admin" / ".htaccess")
    [root] = [d for d in configuration.directives if d.name == "documentroot"]
    assert root.args == [str(site)]
    other = around_htaccess(configuration.about, LocalEvidence(), options="None")
    assert [d.raw for d in other.every() if d.name == "options"][-1] == "None"
    assert configuration.modules.has("mod_rewrite.c")


def test_htaccess_without_a_server() -> None:
    text = (
        "<IfModule mod_rewrite.c>\nRewriteEngine On\n</IfModule>\n<IfModule mod_nope.c>\nFoo\n</IfModule>\nInclude x\n"
    )
    htaccess = parse_htaccess("/srv/.htaccess", text.encode())
    assert [directive.name for directive in htaccess.directives] == ["rewriteengine"]
    assert [(problem.kind, problem.span.line) for problem in htaccess.problems] == [("context", 7)]
    assert [directive.holds for directive in htaccess.executed] == [True, False]


def test_htaccess_asks_for_a_file(tmp_path: Path) -> None:
    text = f"<IfFile {tmp_path}>\nRewriteEngine On\n</IfFile>\n<IfFile {tmp_path}/no>\nFoo\n</IfFile>\n".encode()
    seen = parse_htaccess("/srv/.htaccess", text, evidence=LocalEvidence())
    assert ([directive.name for directive in seen.directives], seen.problems) == (["rewriteengine"], [])
    unseen = parse_htaccess("/srv/.htaccess", text)
    assert {problem.kind for problem in unseen.problems} == {"not-collected"}


def test_a_debian_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    conf = tmp_path / "etc/apache2"
    for folder in ("mods-enabled", "sites-available", "conf-available"):
        (conf / folder).mkdir(parents=True)
    (conf / "apache2.conf").write_text(DEBIAN_MAIN)
    (conf / "ports.conf").write_text("Listen 80\n")
    (conf / "sites-available/a.conf").write_text(VHOST)
    for module in ("rewrite", "headers", "authz_core", "mpm_event", "php8.2"):
        (conf / f"mods-enabled/{module}.load").symlink_to(f"../mods-available/{module}.load")
        (conf / f"mods-enabled/{module}.conf").symlink_to(f"../mods-available/{module}.conf")
    configuration = read_configuration(str(conf / "apache2.conf"), LocalEvidence())
    # The links say which modules there are, though what they lead to is only on the target.
    assert configuration.modules.assumed is None
    assert "header" in names(configuration)
    assert configuration.problems == []
    assert configuration.modules.has("mod_php.c")
    assert configuration.every()[0].args == ["www-data"]
    found = read_folder(str(tmp_path), LocalEvidence())
    assert [one.main.path for one in found.configurations] == [str(conf / "apache2.conf")]
    assert found.fragments == []


def test_a_repository_without_its_modules(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "apache2.conf").write_text(DEBIAN_MAIN)
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "sites-enabled/a.conf").write_text(VHOST)
    configuration = read_configuration(str(tmp_path / "apache2.conf"), LocalEvidence())
    assert configuration.modules.assumed is not None
    assert [(problem.kind, problem.span.line) for problem in configuration.problems] == [("not-collected", 6)]
    [(what, why)] = configuration.not_read
    assert what == "ports.conf"
    assert "is not in this repository" in why


def test_a_rhel_repository(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    conf = tmp_path / "httpd/conf"
    (tmp_path / "httpd/conf.d").mkdir(parents=True)
    conf.mkdir()
    (conf / "httpd.conf").write_text(
        'ServerRoot "/etc/httpd"\nListen 80\nInclude conf.modules.d/*.conf\nIncludeOptional conf.d/*.conf\n'
    )
    (tmp_path / "httpd/conf.d/a.conf").write_text(VHOST)
    configuration = read_configuration(str(conf / "httpd.conf"), LocalEvidence())
    assert configuration.modules.assumed is not None
    assert configuration.modules.assumed.name == "rhel"
    assert "header" in names(configuration)
    assert {problem.kind for problem in configuration.problems} == {"not-collected"}


def test_a_file_beside_its_main_file(tmp_path: Path) -> None:
    (tmp_path / "apache2.conf").write_text("User a\nIncludeOptional sites-enabled/*.conf\n")
    (tmp_path / "sites-enabled").mkdir()
    (tmp_path / "sites-available").mkdir()
    (tmp_path / "sites-available/b.conf").write_text("ServerAdmin b\n")
    (tmp_path / "sites-enabled/b.conf").symlink_to("../sites-available/b.conf")
    offered = lone(tmp_path / "sites-available/a.conf", VHOST)
    assert offered.assumed == f"server, enabled in {tmp_path}/apache2.conf"
    assert names(offered)[:2] == ["user", "serveradmin"]
    enabled = read_lone(str(tmp_path / "sites-available/b.conf"), LocalEvidence())
    assert enabled.assumed is None
    assert enabled.main.path == str(tmp_path / "apache2.conf")


def test_standard_input() -> None:
    configuration = read_standard_input(VHOST.encode(), "/etc/apache2/stdin", LocalEvidence())
    assert "documentroot" in names(configuration)
    main = read_standard_input(b"ServerRoot /nope\nListen 80\nUser a\n", "/nope/apache.conf", LocalEvidence())
    assert main.assumed is None


def test_what_is_not_apaches(tmp_path: Path) -> None:
    (tmp_path / "nginx.conf").write_text("http {\n    server {\n        listen 80;\n    }\n}\n")
    (tmp_path / "unit.conf").write_text("[Service]\nExecStart=/bin/true\n")
    (tmp_path / "a.conf").write_text(VHOST)
    folder = read_folder(str(tmp_path), LocalEvidence())
    assert [one.about for one in folder.fragments] == [str(tmp_path / "a.conf")]
    assert lone(tmp_path / "unit.conf", "[Service]\nExecStart=/bin/true\n").not_read


def test_a_path_with_marks_of_a_pattern(tmp_path: Path) -> None:
    configuration = lone(tmp_path / 'odd "[x]* name' / "a.conf", VHOST)
    assert configuration.problems == []
    assert "servername" in names(configuration)


@pytest.mark.parametrize(
    "text",
    [
        "user www-data; pid /run/x.pid;\nevents {}\nhttp { server { listen 80; } }\n",
        "user www-data;\nlisten 80;\n",
        "location / {\n    deny all;\n}\n",
    ],
)
def test_the_configuration_of_a_server_with_braces_is_none_of_apaches(tmp_path: Path, text: str) -> None:
    configuration = lone(tmp_path / "n.conf", text)
    assert (configuration.about, NOT_RECOGNISED) in configuration.not_read
