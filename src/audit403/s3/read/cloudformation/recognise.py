"""Whether a file is a template of CloudFormation: told from its first bytes, and wrong about no other YAML.

Truth: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html: resources are all that a
template must have, and their types begin with AWS, Alexa or Custom.
"""

import re

_VERSION = re.compile(rb"(?:^|\n)(['\"]?)AWSTemplateFormatVersion\1\s*:")
_SAM = re.compile(rb"(?:^|\n)Transform\s*:\s*(?:[\[\s\-'\"]*)AWS::")
_RESOURCES = re.compile(rb"(?:^|\n)['\"]?Resources['\"]?\s*:\s*(?:#[^\n]*)?\r?\n")
_TYPE = re.compile(rb"(?:\n[ \t]+(?:- +)?|[{,][ \t]*)['\"]?Type['\"]?\s*:\s*['\"]?(?:AWS|Custom|Alexa)::")
_JSON_TYPE = re.compile(rb'"Type"\s*:\s*"(?:AWS|Custom|Alexa)::[A-Za-z0-9]')
_JSON_HEAD = re.compile(rb'"(?:AWSTemplateFormatVersion|Resources)"\s*:')
_ABOUT = (b"AWS::S3", b"AWS::Serverless", b"s3:", b"X-Amz-Signature=")


def recognises(name: str, head: bytes) -> bool:
    """Whether a file is a template, by its first bytes: some kilobytes are enough."""
    start = head.lstrip()[:4]
    if start.startswith((b"{", b"\xef\xbb\xbf{")):
        return _JSON_HEAD.search(head) is not None and _JSON_TYPE.search(head) is not None
    if _VERSION.search(head) is not None or _SAM.search(head) is not None:
        return True
    return _RESOURCES.search(head) is not None and _TYPE.search(head) is not None


def is_about_s3(data: bytes) -> bool:
    """Whether a template can say anything about buckets: cheaper than to read it."""
    return any(word in data for word in _ABOUT)


def is_json(data: bytes) -> bool:
    """Whether a template is written in JSON."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{"
