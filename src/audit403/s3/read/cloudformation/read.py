"""A template as what it describes: once for each of the ways in which its conditions may turn out.

Conditions that hang on parameters with a default are settled; where they hang on one that has none, both branches are
described, up to a few.
"""

from collections.abc import Iterator
from itertools import islice, product

from audit403.core.family import NotAudited
from audit403.core.source import Source
from audit403.s3.read.cloudformation.recognise import is_about_s3, is_json
from audit403.s3.read.cloudformation.resources import gather
from audit403.s3.read.cloudformation.template import Template, TooLarge
from audit403.s3.read.described import Described
from audit403.s3.read.json_tree import Member, Members, Node, read_json, span
from audit403.s3.read.presigned_urls import presigned_urls
from audit403.s3.read.stack import Stack

KIND = "CloudFormation template"
MOST_WAYS = 8
_OPEN_PSEUDO = ("AWS::Region", "AWS::AccountId", "AWS::StackName")
_MOST_NODES = 500_000

Assumed = dict[str, str | None]


def read_cloudformation(source: Source) -> tuple[Described, ...]:
    """What a template describes, none where it says nothing about buckets. Raises NoJson."""
    if not is_about_s3(source.data):
        return ()
    root = read_json(source) if is_json(source.data) else _yaml(source)
    faults = [
        (
            "duplicate-key",
            span(source, member),
            f'the key "{member.key}" comes again further on, and only the last counts',
        )
        for member in _repeated(root)
    ]
    urls = [*presigned_urls(source)]
    faults += urls
    found: list[Described] = []
    for assumed in _ways(source, root):
        stack = Stack(_words(assumed), source.path)
        stack.sources[source.path] = source
        stack.faults.update(dict.fromkeys(faults))
        try:
            template = Template(source, root, assumed)
            gather(template, stack)
        except (TooLarge, RecursionError) as error:
            reason = str(error) if isinstance(error, TooLarge) else "it is nested too deep"
            stack.not_audited.append(NotAudited(source.path, reason))
            return (Stack(KIND, source.path).described()._replace(not_audited=tuple(stack.not_audited)),)
        reason = "what this loop goes through is not known before it is deployed"
        stack.not_audited += [NotAudited(f"{where.file}:{where.line}", reason) for where in template.left]
        described = stack.described()
        is_worth_it = stack.is_about_s3() or template.left or urls
        if is_worth_it and all(described.state != other.state for other in found):
            found.append(described)
    return tuple(found)


def _yaml(source: Source) -> Node:
    from audit403.s3.read.yaml_tree import read_yaml

    return read_yaml(source)


def _words(assumed: Assumed) -> str:
    if not assumed:
        return KIND
    told = (f"{name} is {'anything else' if value is None else value}" for name, value in assumed.items())
    return f"{KIND}, if {' and '.join(told)}"


def _ways(source: Source, root: Node) -> Iterator[Assumed]:
    """Every combination of what the parameters may be that conditions hang on, up to a few."""
    template = Template(source, root, {})
    compared: dict[str, dict[str | None, None]] = {}
    for node in template.conditions.values():
        for name, constant in _compared(node):
            if name in _OPEN_PSEUDO or _is_open(template, name):
                compared.setdefault(name, {})[constant] = None
    choices: list[list[str | None]] = []
    for name, constants in compared.items():
        allowed = _allowed(template, name)
        choices.append(allowed or [*constants, None])
    for values in islice(product(*choices), MOST_WAYS):
        yield dict(zip(compared, values, strict=True))


def _is_open(template: Template, name: str) -> bool:
    node = template.parameters.get(name)
    kind = None if node is None else node.member("Type")
    is_stored = kind is not None and str(kind.value).startswith("AWS::SSM::")
    return node is not None and (node.member("Default") is None or is_stored)


def _allowed(template: Template, name: str) -> list[str | None]:
    node = template.parameters.get(name)
    values = None if node is None else node.member("AllowedValues")
    return [] if values is None else [str(each.value) for each in values.each() if not isinstance(each.value, list)]


def _compared(node: Node) -> Iterator[tuple[str, str]]:
    """The names and constants that are compared in a condition."""
    pending = [node]
    for _ in range(_MOST_NODES):
        if not pending:
            return
        here = pending.pop()
        if isinstance(here.value, Members):
            pending += [member.node for member in here.value]
            equals = here.member("Fn::Equals")
            sides = [] if equals is None else equals.each()
            if len(sides) == 2:
                for one, other in ((sides[0], sides[1]), (sides[1], sides[0])):
                    reference = one.member("Ref")
                    if reference is not None and not isinstance(other.value, list):
                        yield str(reference.value), _constant(other)
        elif isinstance(here.value, list):
            pending += here.value


def _constant(node: Node) -> str:
    if isinstance(node.value, bool):
        return "true" if node.value else "false"
    return "" if node.value is None else str(node.value)


def _repeated(root: Node) -> Iterator[Member]:
    """Keys that come twice in one object; what aliases repeat is looked at once."""
    seen: set[int] = set()
    pending = [root]
    while pending:
        node = pending.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node.value, Members):
            last = {member.key: number for number, member in enumerate(node.value)}
            yield from (member for number, member in enumerate(node.value) if last[member.key] != number)
            pending += [member.node for member in node.value]
        elif isinstance(node.value, list):
            pending += node.value
