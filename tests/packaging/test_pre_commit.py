"""The pre-commit hook: which files it takes, and that it stops a commit that would refuse visitors."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml  # comes with pre-commit

from servers.command import audit403, needs_command_line
from servers.need import need

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / ".pre-commit-hooks.yaml"

TAKEN = [
    "nginx.conf", "etc/nginx/nginx.conf", "docker/nginx-prod.conf", "roles/web/files/my.nginx.conf",
    "conf.d/default.conf", "etc/nginx/conf.d/sub/site.conf", "snippets/ssl.conf", "vhosts/shop.conf",
    "vhost.d/shop.conf", "sites-available/default", "etc/nginx/sites-enabled/blog.example", "shop.vhost", "shop.nginx",
    ".htaccess", "public/.htaccess", "httpd.conf", "apache2.conf", "etc/apache2/conf-available/shop.conf",
    "my-apache-site.conf",
]  # fmt: skip
LEFT = [
    "README.md", "nginx.md", "nginx.conf.j2", "conf.d", "conf.d/readme.txt", "my-snippets.conf", "sites-available/a/b",
    "sites-available/README", "sites-available/README.md", "sites-enabled/.gitkeep", "sites-available/default.bak",
    "sites-available/default~", "sites-available/site.j2", "sites-available/default.dpkg-dist",
    "app.conf", "src/nginx.py", "snippets/ssl.conf.bak", "htaccess.txt", "httpd.conf.j2",
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


STRAY = {
    "sites-available/README": "These are the sites of the web server.\nEnable one with a link.\n",
    "sites-available/notes": "todo: ask about the certificate\n",
    "conf.d/php-fpm.conf": "[www]\nuser = www-data\nlisten = /run/php.sock\n",
    "conf.d/apache.conf": "<Directory /srv>\n  Require all granted\n</Directory>\n",
    "vhosts/empty.conf": "",
}


@needs_command_line
@pytest.mark.slow
def test_it_stops_a_commit_that_refuses_visitors(tmp_path: Path) -> None:
    """As a user has it: pre-commit clones this repository and installs it.

    Both hooks, on a repository in which other files lie beside the configuration too.
    """
    git = need("git")
    repository = tmp_path / "repository"
    repository.mkdir()
    environment = os.environ | {"PRE_COMMIT_HOME": str(tmp_path / "cache")}
    # What the package needs is here already; to install it once more would take a tenth of all tests' time.
    # That "0" is how pip is told to build without a place of its own.
    environment |= {"PIP_NO_DEPS": "1", "PIP_NO_COMPILE": "1", "PIP_NO_BUILD_ISOLATION": "0"}
    environment["PYTHONPATH"] = sysconfig.get_path("purelib")
    environment |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}

    for name, text in STRAY.items():
        (repository / name).parent.mkdir(exist_ok=True)
        (repository / name).write_text(text)

    def try_hook(hook: str, configuration: str) -> subprocess.CompletedProcess[str]:
        (repository / "nginx.conf").write_text(configuration)
        subprocess.run([git, "add", "."], cwd=repository, check=True, env=environment)
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "try-repo", str(ROOT), hook, "--all-files"],
            cwd=repository, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip

    subprocess.run([git, "init", "-q"], cwd=repository, check=True, env=environment)
    for hook in ("audit403", "audit403-all"):
        refused = try_hook(hook, REFUSES)
        assert refused.returncode == 1, refused.stdout + refused.stderr
        assert "- exit code: 1" in refused.stdout, refused.stdout
        assert "nginx.conf:7" in refused.stdout or "nginx.conf:8" in refused.stdout, refused.stdout
        sound = try_hook(hook, SOUND)
        assert sound.returncode == 0, sound.stdout + sound.stderr


@needs_command_line
def test_files_that_are_no_configuration_are_passed_over(tmp_path: Path) -> None:
    """What a hook is given by name may be anything; without its option a named file that is not judged is said."""
    for name, text in STRAY.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "nginx.conf").write_text(SOUND)
    entry = hooks()["audit403"]["entry"].split()[1:]
    for given in ([*STRAY], ["nginx.conf", *STRAY], ["."]):
        done = audit403(*entry, *given, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, "0 findings\n"), done.stdout
    assert audit403("check", "sites-available/notes", cwd=tmp_path).returncode == 3
    assert audit403(*entry, "sites-available/absent", cwd=tmp_path).returncode == 3
