"""A condition asks for addresses that no request to S3 has."""

from collections.abc import Iterator

from audit403.core.fact import DocumentFault, Fact
from audit403.core.family import Site
from audit403.core.finding import ERROR, Finding
from audit403.core.registry import check
from audit403_checks.s3.documents import document_finding


@check(ERROR, "private-address-condition")
def private_address_condition(fact: Fact, site: Site) -> Iterator[Finding]:
    """S3 sees public addresses; through a VPC endpoint it sees none, and aws:VpcSourceIp is there instead."""
    if isinstance(fact, DocumentFault):
        remedy = "write the public addresses of the network, or test aws:SourceVpce or aws:VpcSourceIp"
        yield document_finding("private-address-condition", ERROR, fact, remedy)
