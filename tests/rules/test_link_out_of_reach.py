"""A link that leads behind a closed directory is named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit403.core.family import Options
from audit403.evidence.local import LocalEvidence
from audit403.nginx import family as nginx
from servers.judged_site import findings_about
from servers.need import need_root
from servers.nginx import main_config

if TYPE_CHECKING:
    from pathlib import Path


def test_the_link_is_named(server_dir: Path) -> None:
    need_root()
    files = server_dir / "home/alice/files"
    files.mkdir(parents=True)
    (files / "a.pdf").write_text("document")
    files.parent.chmod(0o700)
    root = server_dir / "root"
    root.mkdir()
    (root / "index.html").write_text("home")
    (root / "files").symlink_to(files)
    conf = server_dir / "nginx.conf"
    conf.write_text(main_config(server_dir, f"server {{ listen 127.0.0.1:80; root {root}; }}"))
    site = nginx.read(str(conf), LocalEvidence(), Options(f"{server_dir}/"))
    messages = [finding.message for finding in findings_about(site, "nginx")]
    assert messages == [f"www-data may not search {files.parent}; the link {root}/files leads there"]
