"""What a small run imports: counting modules is stable where timing is not (benchmarks/check.py times it)."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from servers.command import environment

if TYPE_CHECKING:
    from pathlib import Path

NEVER = {
    "apacheconfig", "argparse", "asyncio", "boto3", "botocore", "calendar", "crossplane", "cryptography", "dataclasses",
    "datetime", "difflib",
    "importlib.metadata", "inspect", "jinja2", "json", "logging", "maxminddb", "paramiko", "passlib", "rich", "shutil",
    "subprocess", "tempfile", "tomllib", "urllib.parse", "yaml",
}  # fmt: skip
MOST_MODULES = 262
"""Without the rules: another one must not cost a change here."""

SCRIPT = """
import sys
from audit403.cli.main import main
main(sys.argv[1:])
print(*sorted(sys.modules), file=sys.stderr)
"""
SMALL = """\
events {}
http { server { listen 80; server_name a.example; root /srv/www;
    location / { try_files $uri $uri/ =404; }
    location ~ \\.php$ { fastcgi_pass unix:/run/php.sock; }
    location /admin/ { %s } } }
"""


@pytest.mark.parametrize(
    "rules", ["allow 10.0.0.0/8; deny all;", "deny all; allow 10.0.0.0/8;"], ids=["clean", "broken"]
)
def test_a_small_run_imports_little(tmp_path: Path, rules: str) -> None:
    (tmp_path / "nginx.conf").write_text(SMALL % rules)
    command = [sys.executable, "-S", "-c", SCRIPT, "check", "nginx.conf"]
    # Without site: what an environment's .pth files import is not ours to count.
    path = [entry for entry in sys.path if entry]
    result = subprocess.run(
        command, cwd=tmp_path, env=environment() | {"PYTHONPATH": ":".join(path)}, capture_output=True, text=True
    )
    modules = set(result.stderr.split())
    assert "audit403.nginx.family" in modules, result.stderr
    assert not modules & NEVER
    own = [module for module in modules if not module.startswith("audit403_checks")]
    assert len(own) < MOST_MODULES, f"{len(own)} modules"


def test_rules_of_a_family_that_has_no_site_are_not_imported(tmp_path: Path) -> None:
    (tmp_path / "x.txt").write_text("hello\n")
    command = [sys.executable, "-c", SCRIPT, "check", "x.txt"]
    result = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert not [module for module in result.stderr.split() if module.startswith("audit403_checks")]
