"""The examples of rule pages and of fixtures/FAMILY/RULE/CASE: what is laid out, what is asked, what must be found.

A block of configuration is nginx's or Apache's; `.htaccess` files have blocks of their own.

CONTRIBUTING.md, "Rule pages and cases", describes the format for whoever writes them.
"""

from __future__ import annotations

import re
import shlex
import tomllib
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

State = Literal["broken", "fixed", "sound"]
FAMILIES = ("nginx", "apache")
STATES: tuple[State, ...] = ("broken", "fixed", "sound")

VISITOR = "203.0.113.9"
"""Who asks when nobody else is named: somebody on the internet."""
DEFAULT_HOST = "site.example"
DEFAULT_TREE = "0644 root:root index.html home\n"
PORTS = {"http": 80, "https": 443}


class ExampleError(ValueError):
    """A page or case is not written as CONTRIBUTING.md says."""


class Ask(NamedTuple):
    """One request of an example, and the status that the real server must answer (444: it closes the connection)."""

    method: str
    scheme: str
    host: str | None
    port: int
    target: str
    client: str
    headers: tuple[tuple[str, str], ...]
    certificate: str
    status: int

    def url(self) -> str:
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host or ''}{port}{self.target}"

    def same_request(self, other: Ask) -> bool:
        return self[:-1] == other[:-1]


class Example(NamedTuple):
    """One state of one example. `files` go to @CONF@, those below root/ to @ROOT@; `findings` are the rules expected,
    None: not written down. `source` is FAMILY/RULE of a page and FAMILY/RULE/CASE of a case.
    """

    family: str
    source: str
    title: str
    state: State
    files: dict[str, str]
    tree: str
    asks: tuple[Ask, ...]
    log: tuple[str, ...]
    findings: tuple[str, ...] | None = None
    mounts: str = ""
    world: str = ""
    pool: str = ""

    @property
    def id(self) -> str:
        return f"{self.source}:{self.title}".replace(" ", "-")

    @property
    def is_of_files(self) -> bool:
        """Whether files alone make it: what runs on the machine, and what that sees, plays no part."""
        return not (self.mounts or self.world or self.pool)


class Block(NamedTuple):
    """One fenced block of a page."""

    language: str
    attributes: dict[str, str]
    text: str


_FENCE = re.compile(r"^(?P<fence>`{3,})(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=fence)[ \t]*$", re.MULTILINE | re.DOTALL)
_REQUEST = re.compile(r"""(?:[^;\n'"]|'[^'\n]*'|"[^"\n]*")+""")
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')


def blocks(page: str) -> list[Block]:
    """The fenced blocks of a Markdown text."""
    found = []
    for match in _FENCE.finditer(page):
        language, _, rest = match["info"].strip().partition(" ")
        found.append(Block(language, dict(_ATTRIBUTE.findall(rest)), match["text"]))
    return found


def page_examples(page: Path) -> list[Example]:
    """The examples of one rule's page, in its order."""
    found = _Page(page)
    titles = dict.fromkeys(block.attributes["title"] for block in found.all() if _is_state(block))
    return [found.example(title) for title in titles]


class _Page:
    """The blocks of one page, by their kind."""

    def __init__(self, page: Path) -> None:
        every = blocks(page.read_text(encoding="utf-8"))
        self.page = page
        self.configurations = [block for block in every if block.language in FAMILIES and "title" in block.attributes]
        self.trees = [block for block in every if block.language == "tree"]
        self.mounts = [block for block in every if block.language == "mounts"]
        self.worlds = [block for block in every if block.language == "world"]
        self.pools = [block for block in every if block.language == "php-fpm"]
        self.htaccess: dict[str, list[Block]] = {}
        for block in every:
            if block.language == "htaccess" and "title" in block.attributes:
                self.htaccess.setdefault(block.attributes.get("path", ".htaccess"), []).append(block)

    def all(self) -> list[Block]:
        return [
            *self.configurations,
            *(block for found in self.htaccess.values() for block in found),
            *self.trees,
            *self.mounts,
            *self.worlds,
            *self.pools,
        ]

    def _stands_alone(self, title: str, pair: str) -> bool:
        """Whether a state has `.htaccess` files of its own where the broken one has none to be replaced."""
        titles = {block.attributes["title"] for found in self.htaccess.values() for block in found}
        return title in titles and pair not in titles

    def example(self, title: str) -> Example:
        """One state of one example; what it does not have itself it has from the broken one."""
        state, _, name = title.partition(" ")
        pair = f"broken {name}".strip()
        configuration = _block(self.configurations, title)
        if configuration is None and not self._stands_alone(title, pair):
            configuration = _block(self.configurations, pair)
        access_files = {path: _block(found, title, pair) for path, found in self.htaccess.items()}
        if configuration is None and not any(access_files.values()):
            configuration = _block(self.configurations, "broken")
            access_files = {path: _block(found, "broken") for path, found in self.htaccess.items()}
        tree = _block(self.trees, title, pair) or _block(self.trees, "") or _block(self.trees, "broken")
        mounts, world = _block(self.mounts, title, pair), _block(self.worlds, title, pair)
        pool = _block(self.pools, title, pair)
        if configuration is None and not access_files:
            raise ExampleError(f'{self.page}: no configuration belongs to the block title="{title}"')
        own = {
            key: value for block in (configuration, *access_files.values(), tree, mounts, world, pool)
            if block is not None and block.attributes.get("title") == title for key, value in block.attributes.items()
        }  # fmt: skip
        if "expect" not in own:
            raise ExampleError(f'{self.page}: the block title="{title}" needs expect="GET / -> …"')
        files = {"site.conf": "" if configuration is None else configuration.text}
        files |= {f"root/{path}": block.text for path, block in access_files.items() if block is not None}
        defaults: dict[str, str] = {key: own[key] for key in ("from", "with", "host") if key in own}
        asks = parse_asks(own["expect"], files, defaults)
        text = DEFAULT_TREE if tree is None else tree.text
        logs = tuple(part.strip() for part in own.get("log", "").split("|") if part.strip())
        family = "apache" if configuration is None else configuration.language
        source = f"{self.page.parent.name}/{self.page.stem.replace('_', '-')}"
        others = ("" if block is None else block.text for block in (mounts, world, pool))
        return Example(family, source, title, state, files, text, asks, logs, None, *others)  # type: ignore[arg-type]


def case_examples(folder: Path) -> list[Example]:
    """The states of one case folder: `broken` and, where case.toml says what is then answered, `fixed`."""
    data = tomllib.loads((folder / "case.toml").read_text(encoding="utf-8"))
    unknown = set(data) - {"requests", "findings", "tree", "log", "fixed", "about"}
    if unknown:
        raise ExampleError(f"{folder}/case.toml: unknown key {sorted(unknown)[0]}")
    findings = data.get("findings")
    if findings is None:
        raise ExampleError(f'{folder}/case.toml: findings = ["family/rule"…] or [] must say what is to be found')
    state: State = "broken" if findings else "sound"
    files = _files_of(folder, folder / "fixed")
    first = _case_example(folder, state, files, data, tuple(findings))
    if "fixed" not in data:
        return [first]
    fixed = data | data["fixed"]
    files = files | (_files_of(folder / "fixed") if (folder / "fixed").is_dir() else {})
    return [first, _case_example(folder, "fixed", files, fixed, tuple(data["fixed"].get("findings", ())))]


def parse_asks(text: str, files: dict[str, str], defaults: dict[str, str] | None = None) -> tuple[Ask, ...]:
    """`GET /x -> 403; HEAD https://a.example/ from 10.0.0.1 with 'Referer: x' -> 200`."""
    lines = (line.strip() for line in _REQUEST.findall(text))
    return tuple(_ask(line, files, defaults or {}) for line in lines if line)


def _is_state(block: Block) -> bool:
    return block.attributes.get("title", "").split(" ")[0] in STATES


def _block(found: list[Block], *titles: str) -> Block | None:
    for title in titles:
        for block in found:
            if block.attributes.get("title", "") == title:
                return block
    return None


def _case_example(
    folder: Path, state: State, files: dict[str, str], data: dict[str, Any], findings: tuple[str, ...]
) -> Example:
    tree = data.get("tree")
    requests = data.get("requests", [])
    asks = parse_asks("\n".join([requests] if isinstance(requests, str) else requests), files)
    logs = data.get("log", [])
    source = "/".join(folder.parts[-3:])
    logs = tuple([logs] if isinstance(logs, str) else logs)
    family = "apache" if folder.parts[-3] == "apache" or folder.parts[-2] == "apache" or _is_apache(files) else "nginx"
    if family == "apache" and "apache2.conf" not in files:
        files = {"site.conf": ""} | files
    return Example(family, source, state, state, files, DEFAULT_TREE if tree is None else tree, asks, logs, findings)


def _is_apache(files: dict[str, str]) -> bool:
    return any(name == "apache2.conf" or name.endswith(".htaccess") for name in files)


def _files_of(folder: Path, *without: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_bytes().decode("utf-8", "surrogateescape")
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "case.toml" and not any(other in path.parents for other in without)
    }


def _ask(line: str, files: dict[str, str], defaults: dict[str, str]) -> Ask:
    words = shlex.split(line)
    if len(words) < 3 or words[-2] != "->":
        raise ExampleError(f'"{line}" is no request with its status: expected METHOD TARGET -> STATUS')
    status = 444 if words[-1] == "closed" else int(words[-1])
    words = words[:-2]
    method = words.pop(0) if re.fullmatch(r"[A-Z_-]+", words[0]) else "GET"
    target = words.pop(0)
    scheme, host, port = "http", defaults.get("host") or _first_name(files), None
    absolute = re.match(r"(https?)://(\[[^\]]*\]|[^/:?#]*)(?::(\d+))?", target)
    if absolute:
        scheme, host, port = absolute[1], absolute[2], absolute[3]
        target = target[absolute.end() :] or "/"
    client, headers, certificate = defaults.get("from", VISITOR), [], "none"
    if "with" in defaults:
        headers.append(defaults["with"])
    while words:
        word, value = words.pop(0), words.pop(0) if words else ""
        if word == "from":
            client = value
        elif word == "with":
            headers.append(value)
        elif word == "certificate":
            certificate = value
        elif word == "host":
            host = value
        else:
            raise ExampleError(f'"{line}": expected from, with, host or certificate, not "{word}"')
    pairs = tuple((name.strip(), value.strip()) for name, _, value in (header.partition(":") for header in headers))
    number = int(port) if port else PORTS[scheme]
    return Ask(method, scheme, None if host == "-" else host, number, target, client, pairs, certificate, status)


def _first_name(files: dict[str, str]) -> str:
    for text in files.values():
        for names in re.findall(r"^\s*server_name\s+([^;]+);", text, re.MULTILINE):
            for name in names.split():
                if re.fullmatch(r"[a-z0-9.-]+", name) and name != "_":
                    return str(name)
        for name in re.findall(r"^\s*ServerName\s+(?:https?://)?([a-z0-9.-]+)", text, re.MULTILINE | re.IGNORECASE):
            return str(name)
    return DEFAULT_HOST
