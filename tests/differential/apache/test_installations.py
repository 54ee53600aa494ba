"""Whole installations as people have them, against httpd, with the count of what each directive decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from audit403.apache.model.handlers import HANDLERS
from differential.apache.hosting.bundle import BundleDuel
from differential.apache.hosting.generator import Hosting
from differential.apache.influence import Report
from differential.nginx.influence import at_fuzz_scale
from servers.certificates import make_certificates
from servers.need import need_root
from servers.plenty import cases

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from servers.certificates import Certificates

_REQUESTS = 40
_CONFIGURATIONS_PER_TREE = 5
#: What changes no status here: what is sent along, what is logged, what needs modules or machines that are not here,
#: and what has tests of its own because it is rare (test_digest, test_dav, test_headers, test_proxy, test_negotiation).
_NOT_HERE = """
    addcharset addinputfilter addoutputfilter removecharset removeinputfilter removeoutputfilter serveradmin
    anonymous_logemail hostnamelookups typesconfig aliaspreservepath redirectrelative secaction secremoterules secrule
    secruleengine secrulescript assigngroupidexpr assignuserid assignuseridexpr sslcacertificatepath sslcadnrequestfile
    sslcadnrequestpath remoteipproxyprotocol remoteipproxyprotocolexceptions remoteipinternalproxylist
    remoteiptrustedproxylist remoteipproxiesheader proxyremote proxyremotematch proxypassinherit authdigestalgorithm
    authdigestdomain authdigestnccheck authdigestnoncelifetime authdigestprovider authdigestqop davlockdb
    davlockdiscovery davmintimeout davdepthinfinity limitxmlrequestbody addlanguage removelanguage removeencoding
    addencoding defaultlanguage forcelanguagepriority languagepriority header passenv authdbduserpwquery
    authdbduserrealmquery authdbmgroupfile authdbmtype authdbmuserfile authldapremoteuserattribute
    authldapremoteuserisdn authldapurl authnzfcgicheckauthnprovider authnzfcgidefineprovider authzdbdlogintoreferer
    authzdbdquery authzdbdredirectquery authzdbmtype dbdriver error sslvhostsnipolicy script action
"""
_ELSEWHERE = "authform session php_ fcgid wsgi perl python lua <lua passenger dos meta maxmind geoip check"
WANTED = tuple(
    name for name in HANDLERS if name not in _NOT_HERE.split() and not name.startswith(tuple(_ELSEWHERE.split()))
)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Throw-away certificates."""
    return make_certificates(tmp_path_factory.mktemp("certificates"), ("s0.test", "*.test"))


def test_installations(server_dir: Path, rng: Random, certificates: Certificates) -> None:
    need_root()
    hosting = Hosting(rng, server_dir, certificates)
    report = Report(rng, WANTED, trials=12 if at_fuzz_scale() else 1)
    number = asked = 0
    with BundleDuel(server_dir, hosting.preamble()) as duel:
        while asked < cases(600):
            number += 1
            if number % _CONFIGURATIONS_PER_TREE == 0:
                hosting.tree.make()
            body = hosting.bundle()
            trials = [hosting.requests.trial() for _ in range(_REQUESTS)]
            if duel.start(body):
                asked += len(trials)
                report.compare(duel, body, trials)
        try:
            duel.check()
        finally:
            report.check()
