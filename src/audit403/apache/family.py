"""Apache httpd as a family: how its configurations are found and read, and what they answer.

Nothing of the evaluator is imported before there is a configuration to answer for.
"""

from collections.abc import Iterable, Iterator

from audit403.core.family import NotAudited, Options, Site
from audit403.evidence.interface import Evidence

name = "apache"
usual_mains = (
    "/etc/apache2/apache2.conf",
    "/etc/httpd/conf/httpd.conf",
    "/usr/local/etc/apache24/httpd.conf",
    "/usr/local/apache2/conf/httpd.conf",
    "/opt/homebrew/etc/httpd/httpd.conf",
    "/opt/bitnami/apache2/conf/httpd.conf",
)
explores = True


def find(targets: Iterable[str], evidence: Evidence, options: Options) -> Iterator[Site | NotAudited]:
    """The Apache configurations among files and folders."""
    from audit403.apache.site import sites_of

    for target in targets:
        yield from sites_of(target, evidence, options)


def read(main: str, evidence: Evidence, options: Options) -> Site:
    """The site of one main configuration; a file that is none is answered for where it belongs."""
    from audit403.apache.site import read_site

    return read_site(main, evidence, options)


def read_text(data: bytes, evidence: Evidence, options: Options) -> Site | None:
    """The site of a configuration on standard input, or None where it is none of Apache's."""
    from audit403.apache.site import read_text_site

    return read_text_site(data, evidence, options)
