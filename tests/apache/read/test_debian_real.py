"""Debian's whole /etc/apache2, as it is and with everything enabled: our tree is the one that httpd prints."""

import os
import re
import shutil
from pathlib import Path

import pytest

from apache.dumped import dumped, rows_of
from audit403.apache.read.configuration import Settings, read_configuration
from audit403.apache.read.envvars import read_envvars
from audit403.evidence.local import LocalEvidence
from servers.apache import Apache
from servers.certificates import Certificates
from servers.need import need

#: Only one of these can be loaded.
OTHER_MPMS = {"mpm_prefork", "mpm_worker"}


def everything_enabled(folder: Path, certificates: Certificates) -> None:
    """A copy of /etc/apache2 in which all modules, sites and snippets are enabled."""
    shutil.copytree("/etc/apache2", folder, symlinks=True, dirs_exist_ok=True)
    for kind in ("mods", "sites", "conf"):
        for available in (folder / f"{kind}-available").iterdir():
            link = folder / f"{kind}-enabled" / available.name
            if available.stem not in OTHER_MPMS and not os.path.lexists(link):
                link.symlink_to(f"../{kind}-available/{available.name}")
    tls = folder / "sites-available/default-ssl.conf"
    text = tls.read_text().replace("/etc/ssl/certs/ssl-cert-snakeoil.pem", str(certificates.server))
    tls.write_text(text.replace("/etc/ssl/private/ssl-cert-snakeoil.key", str(certificates.server_key)))


@pytest.mark.parametrize("everything", [False, True], ids=["as it is", "everything enabled"])
def test_the_tree_is_httpds(everything: bool, server_dir: Path, certificates: Certificates) -> None:
    need("apache2")
    root = Path("/etc/apache2")
    variables = read_envvars((root / "envvars").read_text()).variables | {"APACHE_RUN_DIR": "/tmp"}
    if everything:
        root = server_dir / "apache2"
        everything_enabled(root, certificates)
    server = Apache(root, root / "apache2.conf", variables=variables)
    configuration = read_configuration(
        str(root / "apache2.conf"), LocalEvidence(), Settings(str(root), environment=variables)
    )
    theirs, ours = dumped(server.dump()), rows_of(configuration.directives)
    assert ours == theirs
    assert len(ours) > (300 if everything else 150)
    assert configuration.reading == []
    assert configuration.modules.assumed is None


def test_the_modules_are_httpds(server_dir: Path, certificates: Certificates) -> None:
    need("apache2")
    root = server_dir / "apache2"
    everything_enabled(root, certificates)
    variables = read_envvars((root / "envvars").read_text()).variables | {"APACHE_RUN_DIR": "/tmp"}
    server = Apache(root, root / "apache2.conf", variables=variables)
    theirs = set(re.findall(rb"^ (\S+_module) ", server.run("-M").stdout, re.MULTILINE))
    configuration = read_configuration(str(root / "apache2.conf"), LocalEvidence())
    assert {symbol.encode() for symbol in configuration.modules.symbols} == theirs
