"""The schemas of the JSON output, as the package ships them: each finds the others beside it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
from referencing import Registry, Resource

from audit403 import report as package

_FOLDER = Path(package.__file__).parent
_BY_NAME = {path.name: json.loads(path.read_text()) for path in _FOLDER.glob("*.schema.json")}
_REGISTRY: Registry[object] = Registry().with_resources(
    (name, Resource.from_contents(schema)) for name, schema in _BY_NAME.items()
)


def _validator(name: str) -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(_BY_NAME[name])
    return jsonschema.Draft202012Validator(_BY_NAME[name], registry=_REGISTRY)


CHECK = _validator("check.schema.json")
EXPLAIN = _validator("explain.schema.json")
