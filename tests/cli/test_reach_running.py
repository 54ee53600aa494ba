"""Reaching for a path as a worker that runs: in the mounts that it sees, and past what decides beside modes."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from servers.need import need_root
from servers.nginx import Nginx, main_config
from servers.ports import free_port
from servers.sandbox import sandbox_of

if TYPE_CHECKING:
    from pathlib import Path


def reach(path: Path, conf: Path) -> tuple[int, str]:
    """The exit code of the command, and what it says."""
    command = [sys.executable, "-m", "audit403", "reach", str(path), "--on", "local", "--config", str(conf)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


def test_a_worker_in_a_sandbox(server_dir: Path) -> None:
    need_root()
    for name in ("home", "links", "open"):
        (server_dir / name).mkdir()
        (server_dir / name / "a.html").write_text("a page\n")
    (server_dir / "links/b.html").symlink_to("a.html")
    (server_dir / "run").mkdir()
    text = f"inaccessible {server_dir}/home\nbind {server_dir}/links {server_dir}/links nosymfollow"
    port = free_port()
    conf = main_config(server_dir, f"server {{ listen 127.0.0.1:{port}; root {server_dir}; }}")
    with Nginx(server_dir, conf, within=sandbox_of(text, f"{server_dir}/run").within()) as server:
        answers = {}
        for path in ("home/a.html", "links/b.html", "links/a.html", "open/a.html"):
            code, said = reach(server_dir / path, server.conf)
            answers[path] = (code, server.client.get(port, f"/{path}").status)
            if path == "home/a.html":
                assert f"its sandbox keeps the server out of {server_dir}/home" in said
                assert "setfacl" not in said
            if path == "links/b.html":
                assert "ELOOP" in said and "nosymfollow" in said
    assert answers == {
        "home/a.html": (1, 403), "links/b.html": (1, 403), "links/a.html": (0, 200), "open/a.html": (0, 200),
    }  # fmt: skip
