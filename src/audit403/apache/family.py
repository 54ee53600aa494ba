"""Apache httpd as a family: how its configurations are found and read, and what they answer.

Nothing of the evaluator is imported before there is a configuration to answer for.
"""

import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from audit403.core.family import NotAudited, Options, Site
from audit403.evidence.interface import Evidence

if TYPE_CHECKING:
    from audit403.core.instance import Instance
    from audit403.evidence.machine import Machine

name = "apache"
usual_mains: tuple[str, ...] = (
    "/etc/apache2/apache2.conf",
    "/etc/httpd/conf/httpd.conf",
    "/usr/local/etc/apache24/httpd.conf",
    "/usr/local/apache2/conf/httpd.conf",
    "/opt/homebrew/etc/httpd/httpd.conf",
    "/opt/bitnami/apache2/conf/httpd.conf",
)
explores = True
process_names: tuple[str, ...] = ("apache2*", "httpd*", "php-fpm*")
build_texts: tuple[str, ...] = (" -D HTTPD_ROOT=", " -D SERVER_CONFIG_FILE=")
NOT_RECOGNISED = "it was not recognised as Apache configuration"
_BEGINNING = 4096
_JSON = re.compile(rb"(?:\xef\xbb\xbf)?\s*[\[{]\s*(?:[\[{\"\]}])")


def find(targets: Iterable[str], evidence: Evidence, options: Options) -> Iterator[Site | NotAudited]:
    """The Apache configurations among files and folders."""
    for target in targets:
        path = os.path.abspath(target)
        data = evidence.read(path)
        if isinstance(data, bytes) and is_of_another_program(data):
            yield NotAudited(path, NOT_RECOGNISED)
            continue
        from audit403.apache.sites import sites_of

        yield from sites_of(target, evidence, options)


def read(main: str, evidence: Evidence, options: Options) -> Site:
    """The site of one main configuration; a file that is none is answered for where it belongs."""
    from audit403.apache.site import read_site

    return read_site(main, evidence, options)


def read_text(data: bytes, evidence: Evidence, options: Options) -> Site | None:
    """The site of a configuration on standard input, or None where it is none of Apache's."""
    if is_of_another_program(data):
        return None
    from audit403.apache.site import read_text_site

    return read_text_site(data, evidence, options)


def running(machine: "Machine") -> "tuple[Instance, ...]":
    """Every httpd that runs on a machine."""
    from audit403.apache.running import running

    return running(machine)


def is_of_another_program(data: bytes) -> bool:
    """Whether the beginning of a file is written as other programs' configuration is: blocks in braces, semicolons,
    headings in brackets, values behind an equals sign; or as JSON.
    """
    if _JSON.match(data, 0, _BEGINNING) is not None:
        return True
    lines = [line.partition(b"#")[0].strip() for line in data[:_BEGINNING].split(b"\n")]
    told = [line for line in lines if line]
    return 2 * sum(map(_is_foreign, told)) > len(told)


def _is_foreign(line: bytes) -> bool:
    return (
        line.endswith((b";", b"{", b"}"))
        or (line.startswith(b"[") and line.endswith(b"]"))
        or line.partition(b" ")[2].lstrip().startswith(b"=")
    )
