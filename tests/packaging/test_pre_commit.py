"""The pre-commit hook: which files it takes, and that it stops a commit that would refuse visitors."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # comes with pre-commit

from servers.command import needs_command_line
from servers.need import need

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / ".pre-commit-hooks.yaml"

TAKEN = [
    "nginx.conf", "etc/nginx/nginx.conf", "docker/nginx-prod.conf", "roles/web/files/my.nginx.conf",
    "conf.d/default.conf", "etc/nginx/conf.d/sub/site.conf", "snippets/ssl.conf", "vhosts/shop.conf",
    "vhost.d/shop.conf", "sites-available/default", "etc/nginx/sites-enabled/blog.example", "shop.vhost", "shop.nginx",
]  # fmt: skip
LEFT = [
    "README.md", "nginx.md", "nginx.conf.j2", "conf.d", "conf.d/readme.txt", "my-snippets.conf", "sites-available/a/b",
    "app.conf", "src/nginx.py", "snippets/ssl.conf.bak", ".htaccess", "httpd.conf",
]  # fmt: skip

REFUSES = """\
events {}
http {
    server {
        listen 80;
        server_name admin.example;
        location /status/ {
            deny  all;
            allow 10.20.7.0/24;
            proxy_pass http://127.0.0.1:8080;
        }
    }
}
"""
SOUND = REFUSES.replace("            deny  all;\n            allow 10.20.7.0/24;\n", "")


def hooks() -> dict[str, Any]:
    return {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text())}


def test_pre_commit_accepts_the_manifest() -> None:
    subprocess.run([sys.executable, "-m", "pre_commit", "validate-manifest", MANIFEST], check=True)


@pytest.mark.parametrize("hook", hooks())
def test_names(hook: str) -> None:
    pattern = re.compile(hooks()[hook]["files"])
    assert [name for name in TAKEN if not pattern.search(name)] == []
    assert [name for name in LEFT if pattern.search(name)] == []


@needs_command_line
@pytest.mark.slow
def test_it_stops_a_commit_that_refuses_visitors(tmp_path: Path) -> None:
    """As a user has it: pre-commit clones this repository and installs it, dependencies and all."""
    git = need("git")
    repository = tmp_path / "repository"
    repository.mkdir()
    environment = os.environ | {"PRE_COMMIT_HOME": str(tmp_path / "cache")}
    environment |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}

    def try_hook(configuration: str) -> subprocess.CompletedProcess[str]:
        (repository / "nginx.conf").write_text(configuration)
        subprocess.run([git, "add", "."], cwd=repository, check=True, env=environment)
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "try-repo", str(ROOT), "audit403", "--all-files"],
            cwd=repository, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    subprocess.run([git, "init", "-q"], cwd=repository, check=True, env=environment)
    refused = try_hook(REFUSES)
    assert refused.returncode == 1, refused.stdout + refused.stderr
    assert "- exit code: 1" in refused.stdout, refused.stdout
    assert "nginx.conf:7" in refused.stdout or "nginx.conf:8" in refused.stdout, refused.stdout
    sound = try_hook(SOUND)
    assert sound.returncode == 0, sound.stdout + sound.stderr
