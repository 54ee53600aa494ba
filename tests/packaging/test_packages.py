"""What is shipped is what is in the checkout: by wheel, by way of the source distribution, and editable."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest

from servers.command import audit403, needs_command_line

ROOT = Path(__file__).parents[2]
SOURCES = {"audit403": ROOT / "src", "audit403_checks": ROOT / "checks"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def shipped(name: str) -> set[str]:
    """The files of a package that belong in a wheel: all but what tools leave behind."""
    root = SOURCES[name]
    return {
        path.relative_to(root).as_posix()
        for path in (root / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }


def python(*arguments: str | Path, cwd: Path) -> str:
    result = subprocess.run(
        [sys.executable, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The source distribution, and the wheel that was built from it."""
    out = tmp_path_factory.mktemp("dist")
    python("-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    return sdist, wheel


@pytest.mark.parametrize("package", sorted(SOURCES))
def test_the_wheel_has_every_file_of(package: str, built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[1]) as wheel:
        names = {name for name in wheel.namelist() if name.startswith(f"{package}/")}
    assert names == shipped(package)
    assert f"{package}/py.typed" in names


def test_the_wheel_has_no_more_than_the_packages(built: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(built[1]) as wheel:
        tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {*SOURCES, f"audit403-{PROJECT['version']}.dist-info"}


def test_the_source_distribution_can_be_tested(built: tuple[Path, Path]) -> None:
    with tarfile.open(built[0]) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    wanted = ["LICENSE", "Makefile", "tests/conftest.py", "fixtures/demo/modes", "scripts/bootstrap"]
    assert not set(wanted) - names


@needs_command_line
def test_the_wheel_works_from_anywhere(built: tuple[Path, Path], tmp_path: Path) -> None:
    """Unpacked, away from the checkout: the command lists the same rules as the checkout's does."""
    with zipfile.ZipFile(built[1]) as wheel:
        wheel.extractall(tmp_path / "site")
    start = (
        "import sys; sys.path[:] = [sys.argv.pop(1)] + [p for p in sys.path if not p.endswith(('/src', '/checks'))];"
        "import audit403; assert audit403.__path__[0].startswith(sys.path[0]), audit403.__path__;"
        "from audit403.cli.main import main; sys.exit(main())"
    )
    installed = python("-c", start, tmp_path / "site", "rules", cwd=tmp_path)
    assert installed == audit403("rules").stdout
    assert "nginx/" in installed
    assert python("-c", start, tmp_path / "site", "--version", cwd=tmp_path).split()[-1] == PROJECT["version"]


def test_an_editable_install_is_the_checkout(tmp_path: Path) -> None:
    """Both source roots are on the path themselves, so that a new module or page is there without a reinstall."""
    python("-c", f"from hatchling.build import build_editable; build_editable({str(tmp_path)!r})", cwd=ROOT)
    (path,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        (pth,) = (name for name in wheel.namelist() if name.endswith(".pth"))
        roots = wheel.read(pth).decode().split()
        (entry_points,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
        text = wheel.read(entry_points).decode()
    assert sorted(roots) == sorted(str(root) for root in SOURCES.values())
    for group, entries in PROJECT["entry-points"].items():
        assert f"[{group}]" in text
        for name, value in entries.items():
            assert f"{name} = {value}" in text


@needs_command_line
@pytest.mark.parametrize("group", sorted(PROJECT["entry-points"]))
def test_entry_points_can_be_imported(group: str) -> None:
    for value in PROJECT["entry-points"][group].values():
        python("-c", f"import {value}", cwd=ROOT)
