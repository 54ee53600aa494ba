"""What an answer of S3, or a message about one, says: XML and JSON bodies, lines of the AWS CLI, enhanced messages.

Truth: https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html and API/ErrorResponses.html.
"""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

from audit403.core.meaning import Cause, Meaning
from audit403.s3.decide import causes
from audit403.s3.decide.wording import TYPES
from audit403.s3.message_codes import CODES, MESSAGES, WITHOUT_REASON, without_reason

_BEGIN, _END = "<Error>", "</Error>"
_ELEMENT = re.compile(r"<(Code|Message|Resource|BucketName|Key)>([^<]{0,4000})</\1>")
_ITEM = re.compile(r"<li>(Code|Message|Key|BucketName): ([^<]{0,4000})</li>")
_NO_ERROR_DOCUMENT = "Attempting to Retrieve a Custom Error Document"
_CLI = re.compile(r"An error occurred \((\w+|\d{3})\) when calling the (\w+) operation[^:\n]{0,200}:[ \t]*([^\n]*)")
_WHO = re.compile(r"(?:User|Principal): (\S+) is not authorized")
_ACTION = re.compile(r"to perform: ([\w-]+:\w+)")
_RESOURCE = re.compile(r'on resource: "?([^"\s]+)"?')
_KIND = "|".join(re.escape(kind) for kind in dict.fromkeys(kind for kind, _ in TYPES.values()))
_DENY = re.compile(rf"with an explicit deny in an? ({_KIND})\b")
_SILENT = re.compile(rf"because no ({_KIND})(?: policy)? allows the ([\w-]+:\w+) action")
_BLOCKED = re.compile(r"(?:prevented|blocked) by the (BlockPublicAcls|BlockPublicPolicy)\b")
_SSE_C = re.compile(r"blocked upload requests that specify .{0,80}\(SSE-C\)", re.DOTALL)
_CODE_LINE = re.compile(r"\b(" + "|".join(CODES) + r")\b(?:[:)]\s*([^\n]*))?")
_FLAGS = {"BlockPublicAcls": causes.PUBLIC_ACL_BLOCKED, "BlockPublicPolicy": causes.PUBLIC_POLICY_BLOCKED}
_MOST = 100


def meanings_in(text: str) -> tuple[Meaning, ...]:
    """What each message in a text means; none where it holds no message of S3."""
    ways = (_of_xml, _of_website, _of_json, _of_command, _of_lines)
    return next((tuple(found[:_MOST]) for way in ways if (found := list(way(text)))), ())


def _of_xml(text: str) -> Iterator[Meaning]:
    before, *rest = text.split(_END)
    for error in (before, *rest[:-1]) if rest else ():
        begin = error.rfind(_BEGIN)
        fields = {name: unescape(value) for name, value in _ELEMENT.findall(error, begin)} if begin >= 0 else {}
        if "Code" in fields:
            resource = fields.get("Resource")
            yield meaning_of(fields["Code"], fields.get("Message", ""), resource)


def _of_website(text: str) -> Iterator[Meaning]:
    """A page of the website endpoint: the error as a list, and perhaps a second one, of its error document."""
    fields = {name: unescape(value) for name, value in reversed(_ITEM.findall(text))}
    if "Code" not in fields:
        return
    found = meaning_of(fields["Code"], fields.get("Message", ""), fields.get("Key"), "GetObject")
    if _NO_ERROR_DOCUMENT in text:
        words = "besides, the website's error document cannot be had either: it is not there, or may not be read"
        found = found._replace(causes=(*found.causes, Cause("error-document-refused", words)))
    yield found


def _of_json(text: str) -> Iterator[Meaning]:
    try:
        written = json.loads(text)
    except (ValueError, RecursionError):
        return
    for one in written if isinstance(written, list) else [written]:
        yield from _of_object(one)


def _of_object(written: Any) -> Iterator[Meaning]:
    if not isinstance(written, dict):
        return
    inner = written.get("Error", written.get("error"))
    if isinstance(inner, dict):
        yield from _of_object(inner)
        return
    # The names in a body, in what SDKs print, and in an event of CloudTrail.
    code = next((written[key] for key in ("Code", "code", "errorCode", "__type") if key in written), None)
    message = next((written[key] for key in ("Message", "message", "errorMessage") if key in written), "")
    if isinstance(code, str) and isinstance(message, str):
        yield meaning_of(code, message)


def _of_command(text: str) -> Iterator[Meaning]:
    for found in _CLI.finditer(text):
        yield meaning_of(found[1], found[3].strip(), operation=found[2])


def _of_lines(text: str) -> Iterator[Meaning]:
    for line in text.splitlines():
        if _DENY.search(line) or _SILENT.search(line) or _BLOCKED.search(line) or _SSE_C.search(line):
            yield meaning_of("AccessDenied", line.strip())
            continue
        found = _CODE_LINE.search(line)
        if found is not None:
            yield meaning_of(found[1], (found[2] or "").strip())
            continue
        known = next((code for part, code, _, _ in MESSAGES if part in line), None)
        if known is not None:
            yield meaning_of(known, line.strip())


def meaning_of(code: str, message: str, resource: str | None = None, operation: str | None = None) -> Meaning:
    """What one message means."""
    code = {"403": "Forbidden", "Access Denied": "AccessDenied"}.get(code, code)
    who, action, named = _WHO.search(message), _ACTION.search(message), _RESOURCE.search(message)
    status, usual = CODES.get(code, (None, (Cause("unknown", f"{code} is no code that is known here"),)))
    if code in WITHOUT_REASON:
        usual = without_reason(operation or (None if action is None else action[1]))
    found = tuple(_of_message(message)) or usual
    if code == "Forbidden" and operation is not None:
        found = (Cause("no-body", f"{operation} is a HEAD request, whose answer has no body: GET tells why"), *found)
    return Meaning(
        message or code,
        code,
        status,
        found,
        None if who is None else who[1],
        None if action is None else action[1],
        resource if named is None else named[1],
    )


def _of_message(message: str) -> Iterator[Cause]:
    blocked = _BLOCKED.search(message)
    if blocked is not None:
        yield Cause(_FLAGS[blocked[1]], f"{blocked[1]} is on: for the bucket, its account or the organization")
    if _SSE_C.search(message):
        yield Cause("customer-keys-are-blocked", "the bucket's encryption settings block uploads with SSE-C")
    for part, _, cause, text in MESSAGES:
        if part in message:
            yield Cause(cause, text)
    denied, silent = _DENY.search(message), _SILENT.search(message)
    for found, denies in ((denied, True), (silent, False)):
        if found is None:
            continue
        kind = found[1]
        names = [name for name, (of, denying) in TYPES.items() if of == kind and denying is denies]
        for name in names:
            yield Cause(name, _SENTENCES.get(name) or _sentence(kind, denies))


_SENTENCES = {
    causes.ACCESS_POINT_DENIED: "or the policy of the access point that it came through denies it",
    causes.ACCESS_POINT_SILENT: "or the policy of the access point that it came through does not allow it",
    causes.RESTRICTED: "or the bucket policy is public, and RestrictPublicBuckets keeps other accounts out",
    causes.PUBLIC_ACL_IGNORED: "or an ACL would let the caller in, and IgnorePublicAcls keeps it from counting",
    causes.NOT_ALLOWED: "in the same account: neither a policy of the caller nor the bucket policy allows it",
    causes.IDENTITY_SILENT: "across accounts: a policy of the caller would have to allow it besides the bucket policy",
    causes.BUCKET_SILENT: "the bucket policy does not allow it, which callers of another account need",
}


def _sentence(kind: str, denies: bool) -> str:
    words = kind if kind.endswith("boundary") else f"{kind} policy"
    if denies:
        return f"a statement with Effect Deny in a {words} applies to it"
    return f"no statement of a {words} allows it, and one would have to"
