"""Paths as httpd puts them together: apr_filepath_merge (file_io/unix/filepath.c of APR)."""


def merge(root: str, path: str) -> str:
    """`path` below the absolute `root` unless it is absolute itself, without `//`, `.` and `..`; a last `/` stays."""
    if path.startswith("/"):
        root = ""
        path = path.lstrip("/")
    parts = [part for part in root.split("/") if part]
    words = path.split("/")
    trailing = True
    for position, word in enumerate(words):
        if word == "..":
            parts = parts[:-1]
            trailing = True
        elif word not in ("", "."):
            parts.append(word)
            trailing = position < len(words) - 1
    return "/" + "/".join(parts) + ("/" if trailing and parts else "")
