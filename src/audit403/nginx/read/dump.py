"""A configuration out of what `nginx -T` prints: every file behind a line `# configuration file PATH:`.

The format is that of main() in src/core/nginx.c, which ends each file with one more line break.
"""

import re

from audit403.core.source import latin
from audit403.evidence.interface import ABSENT, Absent
from audit403.nginx.read.configuration import Configuration, follow_includes
from audit403.nginx.read.glob import component, is_pattern
from audit403.nginx.read.locate import Located
from audit403.nginx.read.parse import parse

_HEADER = re.compile(rb"^# configuration file (/[^\n]*):\r?\n", re.MULTILINE)


def is_dump(data: bytes) -> bool:
    """Whether the bytes are the output of `nginx -T`."""
    return _HEADER.search(data) is not None


def read_dump(data: bytes) -> Configuration:
    """The configuration whose dump this is; includes are looked up among the files of the dump."""
    return read_files(files_of(data))


def read_files(files: dict[str, bytes]) -> Configuration:
    """The configuration of these files, the main one first; there are no others."""
    main = next(iter(files), "/etc/nginx/nginx.conf")
    conf_directory = main.rpartition("/")[0] or "/"
    configuration = Configuration(parse(main, files.get(main, b"")), conf_directory, None)
    if not files:
        message = 'no line "# configuration file PATH:" in it: expected the output of nginx -T'
        configuration.not_read.append(("standard input", message))

    def read(path: str) -> bytes | Absent:
        return files.get(path, ABSENT)

    def locate(argument: str) -> Located:
        path = argument if argument.startswith("/") else f"{conf_directory.rstrip('/')}/{argument}"
        if is_pattern(path):
            return Located(_matching(path, files))
        if path in files:
            return Located([path])
        return Located([], f'the included file "{path}" is not in this dump', "not-collected")

    follow_includes(configuration, read, locate)
    return configuration


def files_of(data: bytes) -> dict[str, bytes]:
    """The files of a dump, the main one first."""
    files: dict[str, bytes] = {}
    headers = list(_HEADER.finditer(data))
    for index, header in enumerate(headers):
        end = headers[index + 1].start() if index + 1 < len(headers) else len(data)
        content = data[header.end() : end]
        path = header[1].decode("utf-8", "surrogateescape")
        files.setdefault(path, content[:-1] if content.endswith(b"\n") else content)
    return files


def _matching(pattern: str, files: dict[str, bytes]) -> list[str]:
    """The dump's files that the pattern matches: nginx has listed them by the names that glob(3) gave it."""
    parts = pattern.split("/")
    matches = [component(part).fullmatch if is_pattern(part) else None for part in parts]
    found = []
    for path in files:
        names = path.split("/")
        if len(names) != len(parts):
            continue
        if all(
            match(latin(name)) and (part.startswith(".") or not name.startswith(".")) if match else name == part
            for part, name, match in zip(parts, names, matches, strict=True)
        ):
            found.append(path)
    return sorted(found, key=lambda path: path.encode("utf-8", "surrogateescape"))
