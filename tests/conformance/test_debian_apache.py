"""Debian's apache2 as it is installed, alone and with everything enabled, has nothing to be told of: httpd takes it."""

import os
import shutil
from pathlib import Path

import pytest

from audit403.engine.audit import Asked, audit
from servers.apache import Apache
from servers.certificates import Certificates
from servers.need import need

#: Only one MPM can be loaded; the other two ask for settings of somebody's own, or do the work of a neighbour.
LEFT_OUT = {"mpm_prefork", "mpm_worker"}
VARIABLES = {
    "APACHE_RUN_USER": "www-data",
    "APACHE_RUN_GROUP": "www-data",
    "APACHE_RUN_DIR": "/tmp",
    "APACHE_PID_FILE": "/tmp/apache2.pid",
    "APACHE_LOCK_DIR": "/tmp",
    "APACHE_LOG_DIR": "/tmp",
}


def enabled(folder: Path, certificates: Certificates, everything: bool) -> Path:
    """A copy of /etc/apache2, with everything enabled or as Debian enables it."""
    shutil.copytree("/etc/apache2", folder, symlinks=True)
    tls = folder / "sites-available/default-ssl.conf"
    text = tls.read_text().replace("/etc/ssl/certs/ssl-cert-snakeoil.pem", str(certificates.server))
    tls.write_text(text.replace("/etc/ssl/private/ssl-cert-snakeoil.key", str(certificates.server_key)))
    if not everything:
        return folder
    for kind in ("mods", "sites", "conf"):
        for available in (folder / f"{kind}-available").iterdir():
            link = folder / f"{kind}-enabled" / available.name
            if available.stem not in LEFT_OUT and not os.path.lexists(link):
                link.symlink_to(f"../{kind}-available/{available.name}")
    return folder


@pytest.mark.parametrize("everything", [False, True], ids=["as installed", "everything enabled"])
def test_nothing_is_found(everything: bool, server_dir: Path, certificates: Certificates) -> None:
    need("apache2")
    folder = enabled(server_dir / "apache2", certificates, everything)
    tested = Apache(folder, folder / "apache2.conf", variables=VARIABLES).run("-t")
    assert tested.returncode == 0, tested.stderr.decode()
    for tree in ("here", "none"):
        report = audit([str(folder)], Asked(tree=tree, no_settings=True))
        assert [judged.finding.message for judged in report.findings] == []
        assert report.not_audited == ()
