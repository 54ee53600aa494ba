"""Access rules of httpd 2.2 where mod_access_compat, which still reads them, is not loaded."""

from collections.abc import Iterator

from audit403.apache.read.tree import Directive
from audit403.apache.site import ApacheSite
from audit403.core.edit import TextEdit
from audit403.core.fact import IdleDirective, ReadingFault
from audit403.core.source import every_directive
from audit403_checks.apache.old_syntax import NAMES, Block, block_of, converted
from audit403_checks.apache.written import written_at

_READS_THEM = "mod_access_compat"


def unread_block(fact: ReadingFault | IdleDirective, site: ApacheSite) -> Block | None:
    """The rules that stand together where httpd has found one that no module reads."""
    if _READS_THEM not in fact.message:
        return None
    directive = written_at(site, fact.where)
    if directive is None or directive.name not in NAMES:
        return None
    return block_of(directive, site.siblings(directive))


def without_old_rules(block: Block, site: ApacheSite) -> tuple[TextEdit, ...] | None:
    """Edits that say all old rules of a block's file with Require; None where some cannot be said so.

    An `.htaccess` is read as a whole for each request; of a configuration only the block itself is changed.
    """
    edits: list[TextEdit] = []
    for one in _blocks(block, site):
        made = converted(one, site.siblings(one.rules[0]))
        if made is None:
            return None
        edits += made
    return tuple(edits)


def _blocks(block: Block, site: ApacheSite) -> Iterator[Block]:
    path = block.rules[0].source.path
    if path not in site.evaluator.access_files.sources():
        yield block
        return
    seen: list[Directive | None] = []
    for directive in every_directive(site.evaluator.access_files.parsed(path).directives):
        if directive.name in NAMES and directive.parent not in seen:
            seen.append(directive.parent)
            yield block_of(directive, site.siblings(directive))
