"""What every test can ask for: real servers, directories that their workers reach, certificates, seeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from servers import plenty
from servers.certificates import Certificates, make_certificates
from servers.need import need as need_program
from servers.need import report, required
from servers.nginx import Nginx, server_directory

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

TESTS = Path(__file__).parent


def pytest_report_header() -> list[str]:
    missing = "a missing one is a failure" if required() else "tests of a missing one are skipped"
    return [f"servers ({missing}):", *(f"  {line}" for line in report()), f"AUDIT403_SEED={plenty.SEED}"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if (TESTS / "differential") in item.path.parents:
            item.add_marker("differential")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.failed:
        again = f"AUDIT403_SEED={plenty.SEED} .venv/bin/pytest '{item.nodeid}'"
        report.sections.append(("the same cases again", again))


@pytest.fixture(scope="session")
def need() -> Callable[[str], str]:
    """`need("nginx")`: its path; missing, the test is skipped or, in CI, fails."""
    return need_program


@pytest.fixture
def server_dir() -> Iterator[Path]:
    """An empty directory that a server's workers can reach (tmp_path is not one)."""
    with server_directory() as path:
        yield path


@pytest.fixture
def start_nginx(server_dir: Path) -> Iterator[Callable[..., Nginx]]:
    """`start_nginx(conf)`: a running nginx, stopped after the test; `conf` is a text or a path."""
    started: list[Nginx] = []

    def start(conf: Path | str, prefix: Path | None = None, **options: object) -> Nginx:
        server = Nginx(prefix or server_dir, conf, **options)  # type: ignore[arg-type]
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def certificates() -> Iterator[Certificates]:
    """Throw-away certificates: an authority, a server's, a client's good and a client's bad."""
    with server_directory() as folder:
        yield make_certificates(folder)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Random numbers of this test's own, from the run's seed."""
    return plenty.rng(request.node.nodeid)


@pytest.fixture(scope="session")
def cases() -> Callable[[int], int]:
    """`cases(300)`: how many generated cases to run; AUDIT403_CASES changes it."""
    return plenty.cases
