"""A folder of Terraform as what it describes: with the modules that it calls, as far as they lie on this machine."""

import posixpath

from audit403.core.family import NotAudited
from audit403.s3.read.described import Described
from audit403.s3.read.presigned_urls import presigned_urls
from audit403.s3.read.stack import EATEN, Stack
from audit403.s3.read.terraform.evaluate import NoValue, Scope, TooMuch, known
from audit403.s3.read.terraform.instance import Instance
from audit403.s3.read.terraform.module import Module
from audit403.s3.read.terraform.order import note_order
from audit403.s3.read.terraform.parse import parse_file
from audit403.s3.read.terraform.resources import HANDLERS, Resource, gather
from audit403.s3.read.terraform.syntax import BadHcl
from audit403.s3.read.terraform.work import Lister, Reader, Work
from audit403.s3.read.value import Value

KIND = "Terraform configuration"
_FROM_ELSEWHERE = ("./", "../")


def read_terraform(folder: str, read: Reader, names_in: Lister) -> Described | None:
    """What a folder describes; None where it says nothing about buckets.

    `read` gives the bytes of a file, None where there is none; `names_in` the names in a folder. Asked for are only
    files below the folder, and those that it names.
    """
    work = Work(folder, read, names_in)
    stack = Stack(KIND, folder)
    try:
        root = Module(work, folder, "", {})
        root = Module(work, folder, "", _values(work, root))
        instances = root.every_instance()
        gather([_resource(one) for one in instances if one.type in HANDLERS], stack)
        note_order(instances, stack)
    except (TooMuch, RecursionError) as error:
        stack = Stack(KIND, folder)
        reason = str(error) if isinstance(error, TooMuch) else "it is nested too deep"
        stack.not_audited.append(NotAudited(folder, reason))
    stack.sources = dict(work.sources)
    for span, text in work.eaten:
        name = text.removeprefix("${").removesuffix("}")
        message = f"Terraform takes {text} for an expression of its own: a policy variable is written $${{{name}}}"
        stack.fault(EATEN, span, message)
    stack.not_audited += [NotAudited(path, reason) for path, reason in work.bad.items()]
    for address, source in work.not_fetched.items():
        if source.startswith(_FROM_ELSEWHERE):
            reason = f"there is no module in {source}"
        else:
            reason = f"the module {source} is not on this machine: terraform init puts it there"
        stack.not_audited.append(NotAudited(f"{folder}: {address}", reason))
    urls = [fault for source in work.sources.values() for fault in presigned_urls(source)]
    stack.faults.update(dict.fromkeys(urls))
    if not stack.is_about_s3() and not stack.not_audited and not urls:
        return None
    return stack.described()


def _resource(instance: Instance) -> Resource:
    """With what AWS gives to it, where others ask for it by that."""
    values = instance.values()
    for name in ("arn", "id", "bucket", "iam_arn"):
        if name not in values.value or values.value[name].value is None:
            given = _given(instance, name)
            if given is not None:
                values.value[name] = given
    return Resource(instance.type, instance.address, values, instance.span, instance.presence)


def _given(instance: Instance, name: str) -> Value | None:
    from audit403.s3.read.terraform.given import computed

    found = computed(instance, name)
    return None if found is None else Value(found)


def _values(work: Work, root: Module) -> "dict[str, _Given]":
    """What the files of values say that Terraform reads of itself."""
    found: dict[str, _Given] = {}
    names = [name for name in sorted(work.names_in(work.root)) if name.endswith(".auto.tfvars")]
    for name in ("terraform.tfvars", *names):
        source = work.source(posixpath.join(work.root, name))
        if source is None:
            continue
        try:
            body = parse_file(source)
        except BadHcl as error:
            line, column = source.position(min(error.offset, len(source.data)))
            work.bad[source.path] = f"it is no Terraform: {error} (line {line}, column {column})"
            continue
        for variable, expr in body.attributes.items():
            found[variable] = _Given(known(expr, Scope(root, source, {})))
    return found


class _Given:
    """A value that is there already."""

    def __init__(self, value: Value) -> None:
        self._value = value

    def __call__(self) -> Value:
        return self._value


__all__ = ["KIND", "NoValue", "read_terraform"]
