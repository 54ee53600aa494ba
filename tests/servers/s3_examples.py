"""The examples of S3's rule pages: a document, what is asked, and what must be found; decided by our own evaluation.

A block is ```json title="broken" expect="GET https://site.s3.amazonaws.com/x as anonymous -> 403"```; `file` is the
name that it is given (`policy.json`). A state without a block of its own takes the broken one's.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, NamedTuple

from audit403.core.request import Request
from servers.rule_examples import STATES, VISITOR, Block, ExampleError, blocks

if TYPE_CHECKING:
    from pathlib import Path

_FILES = {"json": "policy.json", "yaml": "template.yaml", "hcl": "main.tf"}
_URL = re.compile(r"(s3|https?)://([^/]+)(/.*)?\Z")


class S3Ask(NamedTuple):
    """A request and the status that is to be predicted; 200 stands for whatever is not refused."""

    request: Request
    status: int


class S3Example(NamedTuple):
    """One state of one example."""

    page: str
    title: str
    state: str
    file: str
    text: str
    asks: tuple[S3Ask, ...]
    settings: str = ""
    """The content of an audit403.toml beside it."""

    @property
    def id(self) -> str:
        return f"{self.page}:{self.title}".replace(" ", "-")

    @property
    def rule(self) -> str:
        return self.page


def s3_examples(page: Path) -> list[S3Example]:
    """The examples of one page, in its order."""
    found = [block for block in blocks(page.read_text(encoding="utf-8")) if _is_state(block)]
    return [_example(page, block) for block in found]


def _is_state(block: Block) -> bool:
    return block.language in _FILES and block.attributes.get("title", "").split(" ")[0] in STATES


def _example(page: Path, block: Block) -> S3Example:
    title = block.attributes["title"]
    if "expect" not in block.attributes:
        raise ExampleError(f'{page}: the block title="{title}" needs expect="GET https://… -> …"')
    asks = tuple(_ask(each.strip()) for each in block.attributes["expect"].split(";") if each.strip())
    file = block.attributes.get(
        "file", {"json": "policy.json", "yaml": "template.yaml", "hcl": "main.tf"}[block.language]
    )
    name = f"{page.parent.name}/{page.stem.replace('_', '-')}"
    visitors = block.attributes.get("visitors", "").split()
    settings = f'[visitors]\n"*" = {visitors}\n' if visitors else ""
    return S3Example(name, title, title.partition(" ")[0], file, block.text, asks, settings)


def _ask(line: str) -> S3Ask:
    words = shlex.split(line)
    if len(words) < 4 or words[-2] != "->" or not (url := _URL.match(words[1])):
        raise ExampleError(f'"{line}" is no request with its status: expected METHOD URL -> STATUS')
    scheme, host, target = url[1], url[2], url[3] or "/"
    request = Request(words[0], scheme, host, 80 if scheme == "http" else 443, target, VISITOR)
    for name, value in zip(words[2:-2:2], words[3:-2:2], strict=True):
        if name == "as":
            request = request._replace(principal=value)
        elif name == "from":
            request = request._replace(client=value)
        elif name == "with":
            header, _, text = value.partition(":")
            request = request._replace(headers=(*request.headers, (header.strip(), text.strip())))
        elif name == "where":
            key, _, text = value.partition("=")
            request = request._replace(context=(*request.context, (key, text)))
        else:
            raise ExampleError(f'"{line}": expected as, from, with or where, not "{name}"')
    return S3Ask(request, int(words[-1]))
