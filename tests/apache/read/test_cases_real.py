"""The real Apache 403s of ../shared/cases, broken and fixed: our tree is httpd's, and nothing in it is refused."""

import pytest

from apache.dumped import dumped, rows_of
from audit403.apache.read.configuration import Settings, read_configuration
from audit403.evidence.local import LocalEvidence
from servers.apache import Apache
from servers.need import need_root
from servers.shared_cases import SharedCase, State, lay_out, shared_cases

#: What must not be found in a configuration that httpd starts with.
REFUSED = {"syntax", "bytes", "limit", "include", "context", "arguments", "module", "directive"}


@pytest.mark.parametrize("state", ["broken", "fixed"])
@pytest.mark.parametrize("case", shared_cases("apache"), ids=lambda case: case.id)
def test_the_tree_is_httpds(case: SharedCase, state: State) -> None:
    need_root()
    with lay_out(case, state) as world:
        root = world.main.parent
        configuration = read_configuration(str(world.main), LocalEvidence(), Settings(str(root), environment={}))
        server = Apache(root, world.main)
        assert rows_of(configuration.directives) == dumped(server.dump())
        assert [problem for problem in configuration.problems if problem.kind in REFUSED] == []
