"""A policy document: its statements, compiled once and asked often.

Truth: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html

What a document of any shape holds is read without a complaint; a statement that S3 would not take applies to nothing
and says why in `fault`.
"""

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from audit403.core.decision import Missing
from audit403.core.place import Place
from audit403.s3.model.condition import BadCondition, Condition, conditions_in
from audit403.s3.model.holes import HOLE_START, is_open, may_match, not_known
from audit403.s3.model.pattern import Context, arn_matcher, has_variables, matcher, parts_of, resolved
from audit403.s3.model.principal import Named, named_in
from audit403.s3.model.truth import Truth, some

ALLOW, DENY = "Allow", "Deny"
OLD_VERSION, VERSION_WITH_VARIABLES = VERSIONS = "2008-10-17", "2012-10-17"
#: What people write for Action, Resource …
_NO_ELEMENTS = ("Actions", "Resources", "Principals", "Conditions", "NotActions", "NotResources", "NotPrincipals")
_MOST_REMEMBERED = 512
Found = TypeVar("Found")


class Statement:
    """One statement. `number` counts from 0; `fault` says why it applies to nothing."""

    __slots__ = (
        "_actions",
        "_fixed",
        "_is_open",
        "_resources",
        "_with_variables",
        "actions",
        "conditions",
        "effect",
        "fault",
        "is_not_action",
        "is_not_principal",
        "is_not_resource",
        "named",
        "names_openly",
        "number",
        "policy",
        "resources",
        "sid",
        "where",
    )

    def __init__(self, policy: "Policy", number: int, written: Any, where: Place | None) -> None:
        self.policy = policy
        self.number = number
        self.where = where
        self.fault: str | None = None
        self.named: Named | None = None
        self.conditions: tuple[Condition, ...] = ()
        element = written if isinstance(written, dict) else {}
        sid = element.get("Sid")
        self.sid = sid if isinstance(sid, str) and sid else None
        self.effect = element.get("Effect") if element.get("Effect") in (ALLOW, DENY) else None
        self.is_not_action = "NotAction" in element
        self.is_not_resource = "NotResource" in element
        self.is_not_principal = "NotPrincipal" in element
        self.actions = _texts(element.get("NotAction" if self.is_not_action else "Action"))
        self.resources = _texts(element.get("NotResource" if self.is_not_resource else "Resource"))
        if not isinstance(written, dict):
            self.fault = "it is no object"
        elif self.effect is None:
            self.fault = "its Effect is neither Allow nor Deny"
        elif self.actions is None:
            self.fault = "its actions are no text"
        elif (misspelt := next((name for name in _NO_ELEMENTS if name in element), None)) is not None:
            self.fault = f"there is no element {misspelt}, {misspelt[:-1]} is meant"
        elif self.resources is None and ("Resource" in element or self.is_not_resource):
            self.fault = "its resources are no text"
        if self.is_not_principal or "Principal" in element:
            self.named = named_in(element.get("NotPrincipal" if self.is_not_principal else "Principal"))
        #: Whether a name of its may turn out to be another.
        self.names_openly = self.named is not None and any(is_open(text) for _, text in self.named.written)
        if "Condition" in element:
            try:
                self.conditions = conditions_in(element["Condition"], policy.has_variables)
            except BadCondition as error:
                self.fault = str(error)
        self._prepare()

    def _prepare(self) -> None:
        tests = [matcher(parts_of(text, False), True) for text in self.actions or ()]
        self._actions = _remembered(lambda action: any(test(action) for test in tests) is not self.is_not_action)
        found = [parts_of(text, self.policy.has_variables) for text in self.resources or ()]
        fixed = [arn_matcher(parts) for parts in found if not has_variables(parts)]
        self._is_open = any(is_open(text) for text in self.resources or ())
        self._with_variables = [parts for parts in found if has_variables(parts)]
        self._fixed = _remembered(lambda resource: any(test(resource) for test in fixed))

    @property
    def name(self) -> str:
        """Its Sid, or its number from 0."""
        return self.sid or str(self.number)

    def is_about(self, action: str) -> bool:
        """Whether it is about an action."""
        return self._actions(action)

    def is_of(self, resource: str, context: Context) -> Truth:
        """Whether it is about a resource; a variable without a value keeps the whole statement from applying."""
        if self.resources is None:
            return True
        found: Truth = self._fixed(resource)
        if self._with_variables:
            matched = [found]
            for parts in self._with_variables:
                known = resolved(parts, context)
                if known is None:
                    if self.is_not_resource:
                        return False
                elif isinstance(known, Missing):
                    matched.append(known)
                else:
                    matched.append(arn_matcher(known)(resource) is not None)
            found = some(matched)
        if found is False and (HOLE_START in resource or self._is_open):
            perhaps = next((text for text in self.resources if may_match(text, resource)), None)
            found = found if perhaps is None else not_known(perhaps if HOLE_START in perhaps else resource)
        if self.is_not_resource and isinstance(found, bool):
            return not found
        return found

    def __repr__(self) -> str:
        return f"Statement({self.name!r}, {self.effect})"


class Policy:
    """A policy: `kind` and `name` say whose it is, in words."""

    __slots__ = ("about", "fault", "has_variables", "kind", "name", "statements", "version")

    def __init__(
        self, document: Any, kind: str, name: str, places: Callable[[int], Place | None] = lambda number: None
    ) -> None:
        self.kind = kind
        self.name = name
        self.fault: str | None = None
        document = self._parsed(document)
        version = document.get("Version")
        self.version = version if isinstance(version, str) else None
        self.has_variables = self.version == VERSION_WITH_VARIABLES
        statements = document.get("Statement", [])
        found = statements if isinstance(statements, list) else [statements]
        self.statements = tuple(Statement(self, number, one, places(number)) for number, one in enumerate(found))
        #: The statements about an action.
        self.about = _remembered(self._about)

    def _about(self, action: str) -> tuple[Statement, ...]:
        return tuple(one for one in self.statements if one.is_about(action))

    def _parsed(self, document: Any) -> dict[str, Any]:
        if isinstance(document, str):
            try:
                document = json.loads(document)
            except (ValueError, RecursionError):
                self.fault = "it is no JSON"
                return {}
        if not isinstance(document, dict):
            self.fault = "it is no object"
            return {}
        return document

    def __repr__(self) -> str:
        return f"Policy({self.kind!r}, {self.name!r}, {len(self.statements)} statements)"


def _texts(element: Any) -> tuple[str, ...] | None:
    values = element if isinstance(element, list) else [element]
    return tuple(values) if values and all(isinstance(value, str) for value in values) else None


def _remembered(told: Callable[[str], Found]) -> Callable[[str], Found]:
    """The same, that knows its latest answers."""
    known: dict[str, Found] = {}

    def remembered(text: str) -> Found:
        found = known.get(text)
        if found is None:
            if len(known) >= _MOST_REMEMBERED:
                known.clear()
            found = known[text] = told(text)
        return found

    return remembered


def policies_of(
    documents: Any, kind: str, name: str, places: Callable[[int, int], Place | None] = lambda policy, number: None
) -> tuple[Policy, ...]:
    """The policies of a list, or of what stands for one; `places` has those of a policy's statements."""
    found: Iterable[Any] = documents if isinstance(documents, list) else [] if documents is None else [documents]
    return tuple(Policy(one, kind, name, partial(places, at)) for at, one in enumerate(found))
