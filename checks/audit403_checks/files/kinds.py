"""Which files and directories visitors come for, told by their names."""

_PAGES = "htm html xhtml shtml asis map wasm webmanifest pdf rss atom ics vcf"
_PARTS = "css js mjs"
_MEDIA = "avif bmp gif ico jpeg jpg mp3 mp4 m4a m4v ogg ogv opus png svg svgz tif tiff wav webm webp"
_FONTS = "eot otf ttf woff woff2"
_PICTURES = "avif gif ico jpeg jpg png svg webp"
_WEB = frozenset(f"{_PAGES} {_PARTS} {_MEDIA} {_FONTS}".split())
_BROWSERS = frozenset(f"{_PARTS} {_PICTURES} {_FONTS}".split())
_EITHER = frozenset(("csv", "json", "md", "txt", "xml", "zip"))
"""Kinds that a site serves, and that credentials and backups are kept in, too."""
_PUBLIC = frozenset(
    (
        *("robots.txt", "sitemap.xml", "sitemap_index.xml", "humans.txt", "ads.txt", "app-ads.txt", "security.txt"),
        *("manifest.json", "site.webmanifest", "browserconfig.xml", "crossdomain.xml", "feed.xml", "rss.xml"),
        *("favicon.ico", "opensearch.xml", "assetlinks.json", "apple-app-site-association"),
    )
)
"""Names under which everybody looks for a file."""
_PRIVATE = ("admin", "backup", "cache", "conf", "log", "old", "priv", "secret", "session", "storage", "temp", "tmp")
_KEPT_BACK = ("priv", "secret", "backup")
_SOURCES = frozenset(("bin", "build", "etc", "lib", "node_modules", "sql", "src", "tests", "var", "vendor"))


def is_public(path: str) -> bool:
    """Whether visitors come for a file of this name."""
    name = path.rpartition("/")[2].lower()
    return name in _PUBLIC or ("." in name and name.rpartition(".")[2] in _WEB)


def ending(path: str) -> str:
    """The kind that a file's name ends with."""
    return path.rpartition("/")[2].rpartition(".")[2].lower()


def is_for_browsers(path: str) -> bool:
    """Whether a file of this name is a part of pages: a style, a script, a font or a picture."""
    return ending(path) in _BROWSERS


def is_for_everybody(target: str) -> bool:
    """Whether everybody looks for a file at this very address, whatever the site is about."""
    folder, _, name = target.rpartition("/")
    return name.lower() in _PUBLIC if not folder else folder.startswith("/.well-known")


def may_be_public(path: str) -> bool:
    """Whether a file of this name may as well be for visitors as for nobody."""
    name = path.rpartition("/")[2].lower()
    return "." in name and name.rpartition(".")[2] in _EITHER


def is_kept_back(target: str) -> bool:
    """Whether a folder on the way says that its files are not for everybody."""
    return any(segment.lower().startswith(_KEPT_BACK) for segment in target.split("/")[:-1])


def is_for_nobody(path: str) -> bool:
    """Whether a directory's name says that what lies in it is for nobody outside."""
    name = path.rstrip("/").rpartition("/")[2].lower()
    return name.startswith((".", *_PRIVATE)) or name in _SOURCES
