"""Paths as httpd puts them together and takes them apart.

Truth: apr_filepath_merge (file_io/unix/filepath.c of APR), ap_find_path_info in server/util_script.c.
"""


def merge(root: str, path: str) -> str:
    """`path` below the absolute `root` unless it is absolute itself, without `//`, `.` and `..`; a last `/` stays."""
    if path.startswith("/"):
        if "//" not in path and "/." not in path:
            return path
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


def without_path_info(uri: str, path_info: str) -> str:
    """A URI without the path info at its end, where it may have more slashes than the path info itself."""
    if not path_info:
        return uri
    at, left = len(uri), len(path_info)
    while at and left and uri[at - 1] == path_info[left - 1]:
        at, left = at - 1, left - 1
        if path_info[left] == "/":
            while at and uri[at - 1] == "/":
                at -= 1
    at = max(at - 1, 0)
    while at < len(uri) and uri[at] != "/":
        at += 1
    return uri[:at]
