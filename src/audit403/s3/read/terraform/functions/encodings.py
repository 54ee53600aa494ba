"""Functions that write a value in another form, or read it from one.

Truth: https://developer.hashicorp.com/terraform/language/functions, "Encoding Functions" and "Hash and Crypto".
"""

import base64
import hashlib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

from audit403.core.source import Source
from audit403.s3.read.json_tree import Members, Node, NoJson, read_json
from audit403.s3.read.terraform.evaluate import NoValue, json_text
from audit403.s3.read.terraform.functions.arguments import on_text, text
from audit403.s3.read.value import JsonText, Value


def _jsondecode(value: Value) -> Any:
    if isinstance(value.value, JsonText):
        return value.value.document
    source = Source("", text(value).encode("utf-8", "surrogatepass"))
    try:
        return _of_node(read_json(source))
    except NoJson:
        raise NoValue("jsondecode") from None


def _yamldecode(written: str) -> Any:
    from audit403.s3.read.yaml_tree import read_yaml

    try:
        return _of_node(read_yaml(Source("", written.encode("utf-8", "surrogatepass"))))
    except NoJson:
        raise NoValue("yamldecode") from None


def json_value(value: Value) -> Value | None:
    """The value of a text that is JSON; None where it is none."""
    try:
        found = None if value.is_hole else _jsondecode(value)
    except NoValue:
        return None
    return found if isinstance(found, Value) else None


def _of_node(node: Node) -> Value:
    if isinstance(node.value, Members):
        return Value({member.key: _of_node(member.node) for member in node.value})
    return Value([_of_node(each) for each in node.value] if isinstance(node.value, list) else node.value)


def _hashed(kind: str, *, as_base64: bool = False) -> Callable[[Value], Any]:
    def found(written: str) -> str:
        hashed = hashlib.new(kind, written.encode(), usedforsecurity=False)
        return base64.b64encode(hashed.digest()).decode() if as_base64 else hashed.hexdigest()

    return on_text(found)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "base64decode": on_text(lambda written: base64.b64decode(written, validate=True).decode()),
    "base64encode": on_text(lambda written: base64.b64encode(written.encode()).decode()),
    "base64sha256": _hashed("sha256", as_base64=True),
    "base64sha512": _hashed("sha512", as_base64=True),
    "jsondecode": _jsondecode,
    "jsonencode": json_text,
    "md5": _hashed("md5"),
    "sha1": _hashed("sha1"),
    "sha256": _hashed("sha256"),
    "sha512": _hashed("sha512"),
    "urlencode": on_text(quote_plus),
    "yamldecode": on_text(_yamldecode),
}
