"""What every test can ask for: real servers, directories that their workers reach, certificates, seeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from servers import plenty, told
from servers.apache import Apache
from servers.certificates import Certificates, make_certificates
from servers.need import need as need_program
from servers.need import report, required
from servers.nginx import Nginx
from servers.process import server_directory

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

TESTS = Path(__file__).parent
Kind = TypeVar("Kind", Nginx, Apache)


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
    said = told.taken()
    report.user_properties += [("told", text) for text in said.texts] + [("counts", [*each]) for each in said.counts]
    if report.failed:
        again = f"AUDIT403_SEED={plenty.SEED} .venv/bin/pytest '{item.nodeid}'"
        report.sections.append(("the same cases again", again))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What the generated tests counted: the sums of all, and at the scale of `make fuzz` every table."""
    sums = told.Counts()
    for name in ("failed", "passed"):
        for each in terminalreporter.getreports(name):
            texts = [value for key, value in each.user_properties if key == "told"]
            for key, value in each.user_properties:
                sums = sums.plus(told.Counts(*value)) if key == "counts" else sums
            if texts and (name == "failed" or plenty.cases(1) > 1):
                terminalreporter.write_sep("-", each.nodeid)
                terminalreporter.write_line("\n".join(str(text) for text in texts))
    if sums.asked:
        terminalreporter.write_sep("-", "the evaluator against the real servers")
        terminalreporter.write_line(sums.line())


@pytest.fixture(scope="session")
def need() -> Callable[[str], str]:
    """`need("nginx")`: its path; missing, the test is skipped or, in CI, fails."""
    return need_program


@pytest.fixture
def server_dir() -> Iterator[Path]:
    """An empty directory that a server's workers can reach (tmp_path is not one)."""
    with server_directory() as path:
        yield path


def _started(kind: type[Kind], server_dir: Path) -> Iterator[Callable[..., Kind]]:
    started: list[Kind] = []

    def start(conf: Path | str, prefix: Path | None = None, **options: object) -> Kind:
        server = kind(prefix or server_dir, conf, **options)  # type: ignore[arg-type]
        server.start()
        started.append(server)
        return server

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def start_nginx(server_dir: Path) -> Iterator[Callable[..., Nginx]]:
    """`start_nginx(conf)`: a running nginx, stopped after the test; `conf` is a text or a path."""
    yield from _started(Nginx, server_dir)


@pytest.fixture
def start_apache(server_dir: Path) -> Iterator[Callable[..., Apache]]:
    """`start_apache(conf)`: a running Apache, stopped after the test; `conf` is a text or a path."""
    yield from _started(Apache, server_dir)


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
