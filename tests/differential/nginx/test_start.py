"""What nginx refuses at its start, and nothing else: changed configurations before `nginx -t` and before us."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from differential.nginx.start_base import Files, configuration
from differential.nginx.start_generator import change
from differential.nginx.start_trial import Comparison, modules
from differential.nginx.tree_generator import build_tree
from differential.nginx.whole_generator import Ports, Whole
from servers.need import need
from servers.nginx import main_config
from servers.told import tell

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from servers.certificates import Certificates

SOUND = Path(__file__).resolve().parents[3] / "fixtures/sound/nginx"
ENOUGH = 0.98
_CHANGES = 25
_TOO_FEW = 300
_PORT = re.compile(r"(listen\s+(?:[^;\s]*:)?)(80|443)\b")
_TEMPORARY = "access_log /dev/null;\n" + "".join(
    f"{name}_temp_path tmp/{name};\n" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
)


def test_a_generated_configuration_and_its_changes(
    server_dir: Path, certificates: Certificates, rng: random.Random, cases: Callable[[int], int]
) -> None:
    need("nginx")
    files = Files(
        str(server_dir),
        _copied(certificates.server, server_dir),
        _copied(certificates.server_key, server_dir),
        modules(),
    )
    _compare(server_dir, rng, cases(300), lambda: configuration(rng, files))


def test_a_sound_site_and_its_changes(
    server_dir: Path, certificates: Certificates, rng: random.Random, cases: Callable[[int], int]
) -> None:
    need("nginx")
    sites = [path for path in sorted(SOUND.glob("*/site.conf")) if "include" not in path.read_text()]
    places = {
        "@ROOT@": f"{server_dir}/www", "@CONF@": str(server_dir), "@BASE@": str(server_dir),
        "@CERT@": _copied(certificates.server, server_dir), "@KEY@": _copied(certificates.server_key, server_dir),
        "@CA@": _copied(certificates.authority, server_dir),
    }  # fmt: skip
    _compare(server_dir, rng, cases(200), lambda: _site(rng.choice(sites).read_text(), places))


def test_a_whole_configuration_and_its_changes(
    server_dir: Path, rng: random.Random, cases: Callable[[int], int]
) -> None:
    need("nginx")
    tree = build_tree(rng, f"{server_dir}/www", odd=0.1, links=3)

    def whole() -> str:
        http = Whole(rng, server_dir, tree, Ports(8081, 8082)).http()
        return main_config(server_dir, http, user="nobody").replace("user nobody;", "")

    _compare(server_dir, rng, cases(200), whole)


def _compare(folder: Path, rng: random.Random, most: int, base: Callable[[], str]) -> None:
    """Configurations, and changes of those that nginx takes, until so many were asked."""
    (folder / "tmp").mkdir(mode=0o777, exist_ok=True)
    (folder / "tmp").chmod(0o777)
    comparison = Comparison(folder)
    while comparison.asked < most:
        text = base()
        if not comparison.takes(text, "as generated"):
            continue
        for _ in range(_CHANGES):
            changed = change(rng, text)
            comparison.takes(changed.text, changed.what)
    tell(comparison.told())
    assert comparison.counts["accepted"], comparison.unseen
    assert not comparison.wrong, f"{len(comparison.wrong)} of them:\n{comparison.wrong[0]}"
    if comparison.counts["refused"] >= _TOO_FEW:
        assert comparison.share >= ENOUGH, comparison.told()


def _copied(path: Path, folder: Path) -> str:
    """A file that everybody may read."""
    copy = folder / path.name
    shutil.copy(path, copy)
    copy.chmod(0o644)
    return str(copy)


def _site(text: str, places: dict[str, str]) -> str:
    """A site of the fixtures as a whole configuration, on ports that everybody may open."""
    for place, path in places.items():
        text = text.replace(place, path)
    text = _PORT.sub(lambda found: f"{found[1]}{8081 if found[2] == '80' else 8444}", text)
    if re.search(r"^http\s*\{", text, re.MULTILINE):
        return re.sub(r"^http\s*\{", "http {\n" + _TEMPORARY, text, count=1, flags=re.MULTILINE)
    if not re.search(r"^server\s*\{", text, re.MULTILINE):
        text = f"server {{\nlisten 127.0.0.1:8081;\n{text}\n}}"
    return f"pid nginx.pid;\nevents {{ }}\nhttp {{\n{_TEMPORARY}{text}\n}}\n"
