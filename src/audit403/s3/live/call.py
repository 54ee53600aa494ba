"""One call to AWS: its answer, that there is nothing of the kind, or why it is not known.

Truth: botocore's exceptions; the codes of https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and of
the common errors of each service.
"""

import re
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,
    CredentialRetrievalError,
    HTTPClientError,
    InfiniteLoopConfigError,
    InvalidConfigError,
    NoCredentialsError,
    PaginationError,
    ParamValidationError,
    PartialCredentialsError,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
)
from botocore.parsers import ResponseParserError

_DENIED = frozenset(
    ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "Forbidden")
)
_OF_CREDENTIALS = frozenset(
    (
        "AuthFailure", "ExpiredToken", "ExpiredTokenException", "IncompleteSignature", "InvalidAccessKeyId",
        "InvalidClientTokenId", "InvalidSignatureException", "InvalidToken", "RequestExpired", "RequestTimeTooSkewed",
        "SignatureDoesNotMatch", "TokenRefreshRequired", "UnrecognizedClientException",
    )
)  # fmt: skip
_BUSY = frozenset(
    (
        "SlowDown", "Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException",
        "ServiceUnavailable", "503",
    )
)  # fmt: skip
_ABROAD = frozenset(("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301"))
#: Where settings name credentials that are not to be had: of a profile, of single sign-on, of a program.
NOT_GIVEN = (
    CredentialRetrievalError, InfiniteLoopConfigError, InvalidConfigError, PartialCredentialsError,
    RefreshWithMFAUnsupportedError, SSOError, TokenRetrievalError,
)  # fmt: skip
NO_CREDENTIALS = "there are no credentials of AWS: a profile, a role or the environment gives them"
NO_BUCKET = "NoSuchBucket"
#: What stands behind a permission that is missing.
DENIED = " is denied"
#: What AWS says more of a denial, to callers of the same account or organization.
_BECAUSE = re.compile(r"with an explicit deny in an? [\w ()-]*?policy|because no [\w -]*?policy allows")
_LONGEST = 200


class NotThere(Exception):
    """It is known that there is nothing of the kind."""


class NotCollected(Exception):
    """Why something is not known, in words that may follow a colon."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoBucket(NotCollected):
    """The bucket itself is not there."""


class BadCredentials(NotCollected):
    """AWS does not know who asks, or not any more: nothing else will be answered either."""


class Unreachable(NotCollected):
    """Nobody answers there: neither will anything else that is asked there."""


NOTHING: frozenset[str] = frozenset()


def call(
    client: Any, operation: str, permission: str, absent: frozenset[str] = NOTHING, **parameters: Any
) -> dict[str, Any]:
    """The answer to one operation (its name in snake case), which needs a permission of IAM.

    Raises NotThere for the error codes in `absent`, else NotCollected.
    """
    try:
        answer = getattr(client, operation)(**parameters)
    except Exception as error:  # whatever a server sends, the other parts go on
        raise _what_it_means(error, operation, permission, absent) from None
    if not isinstance(answer, dict):
        raise NotCollected(f"the answer to {_words(operation)} is not to be understood")
    return answer


def pages(
    client: Any,
    operation: str,
    permission: str,
    absent: frozenset[str] = NOTHING,
    *,
    size: int | None = None,
    **parameters: Any,
) -> Iterator[dict[str, Any]]:
    """The answers to an operation that comes in pages (of a size), one after the other. Raises as `call` does."""
    try:
        settings = {} if size is None else {"PageSize": size}
        yield from client.get_paginator(operation).paginate(PaginationConfig=settings, **parameters)
    except Exception as error:
        raise _what_it_means(error, operation, permission, absent) from None


def items(page: dict[str, Any], key: str, operation: str) -> list[Any]:
    """The list in an answer. Raises NotCollected where there is none: what says nothing is no empty list."""
    found = page.get(key)
    if not isinstance(found, list):
        raise NotCollected(f"the answer to {operation} is not to be understood")
    return found


def code_of(error: ClientError) -> str:
    """The code of an error, or its status where there is no body, as with HEAD."""
    said = error.response.get("Error", {})
    return str(said.get("Code") or error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") or "")


def _what_it_means(
    error: Exception, operation: str, permission: str, absent: frozenset[str]
) -> NotThere | NotCollected:
    name = _words(operation)
    if isinstance(error, ClientError):
        return _answered(error, name, permission, absent)
    if isinstance(error, NoCredentialsError):
        return BadCredentials(NO_CREDENTIALS)
    if isinstance(error, NOT_GIVEN):
        return BadCredentials(f"the credentials cannot be had: {_short(error)}")
    if isinstance(error, ConnectionError | HTTPClientError):
        return Unreachable(f"{name} got no answer: {_short(error)}")
    if isinstance(error, ParamValidationError):
        return NotCollected(f"{name} cannot be asked: {_short(error)}")
    if isinstance(error, ResponseParserError | PaginationError | ValueError | KeyError | TypeError | AttributeError):
        return NotCollected(f"the answer to {name} is not to be understood")
    if isinstance(error, BotoCoreError):
        return NotCollected(f"{name} failed: {_short(error)}")
    return NotCollected(f"{name} failed: {type(error).__name__}: {_short(error)}")


def _answered(error: ClientError, name: str, permission: str, absent: frozenset[str]) -> NotThere | NotCollected:
    code = code_of(error)
    said = error.response.get("Error", {})
    message = said.get("Message") if isinstance(said, dict) else None
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    if error.operation_name == "AssumeRole":
        return BadCredentials(f"the role cannot be assumed ({code}{f': {_cut(str(message))}' if message else ''})")
    if code in absent:
        return NotThere()
    if code in _OF_CREDENTIALS:
        return BadCredentials(f"the credentials are not accepted ({code})")
    if code == NO_BUCKET:
        return NoBucket("there is no bucket of this name")
    if code in _DENIED or (code.isdigit() and status == 403):
        because = _BECAUSE.search(str(message))
        return NotCollected(f"{permission}{DENIED}{f' ({because[0]})' if because else ''}")
    if code in _BUSY:
        return NotCollected(f"{name} was throttled ({code}), and again when it was repeated")
    if code in _ABROAD:
        return NotCollected(f"{name} was sent to the wrong region ({code})")
    return NotCollected(f"{name} answered {code or status}{f': {_cut(str(message))}' if message else ''}")


def _words(operation: str) -> str:
    """`GetBucketPolicy`, as the API calls it."""
    return "".join(part.capitalize() for part in operation.split("_"))


def _short(error: Exception) -> str:
    return _cut(str(error) or type(error).__name__)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
