"""Clients of boto3: one for each service and region, with the user's ordinary credentials, a profile or a role.

Truth: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/credentials.html and …/guide/retries.html.
"""

import threading
from functools import cache
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError
from botocore.loaders import create_loader

from audit403 import __version__
from audit403.core.errors import BadUsage
from audit403.core.named_tuple import NamedTuple
from audit403.s3.live.call import NO_CREDENTIALS, NOT_GIVEN, BadCredentials

USUAL_REGION = "us-east-1"
ATTEMPTS = 10
"""How often a call is made that is throttled, or fails on its way."""
_CONNECT_SECONDS, _READ_SECONDS = 5, 20
_SESSION_NAME = "audit403"


class Login(NamedTuple):
    """As whom and where AWS is asked; None is what the environment and the files of the AWS CLI say."""

    profile: str | None = None
    region: str | None = None
    role: str | None = None
    endpoint: str | None = None
    """The URL of another server, which is then asked for everything."""


class Clients:
    """Clients, each made when it is first asked for. May be used by several threads."""

    def __init__(self, login: Login, connections: int, attempts: int = ATTEMPTS) -> None:
        """Raises BadUsage where there is no such profile."""
        self._login = login
        self.endpoint = login.endpoint
        self._connections = connections
        self._attempts = attempts
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Any] = {}
        try:
            base = _session(login.profile)
            self._session = boto3.Session(botocore_session=base, region_name=login.region)
            if login.role is not None:
                self._session = self._as_role(base, login.role)
            self.region: str = self._session.region_name or USUAL_REGION
        except (BotoCoreError, ValueError) as error:
            raise BadUsage(f"AWS cannot be asked: {error}.".replace("..", ".")) from None

    def of(self, service: str, region: str | None = None) -> Any:
        """The client of a service. Raises BadUsage where there can be none, BadCredentials without credentials."""
        key = (service, region or self.region)
        found = self._clients.get(key)
        if found is None:
            with self._lock:  # making one takes a tenth of a second, and boto3's session is not made for threads
                found = self._clients.get(key)
                if found is None:
                    found = self._clients[key] = self._made(*key)
        return found

    def partition(self, region: str) -> str:
        """The partition of AWS to which a region belongs, as ARNs name it."""
        try:
            return str(self._session.get_partition_for_region(region))
        except BotoCoreError:
            return "aws"

    def _made(self, service: str, region: str) -> Any:
        # Paths and names are checked by S3 itself, and our own parameters are few: boto3 need not look at each again.
        config = Config(
            region_name=region,
            retries={"mode": "adaptive", "total_max_attempts": self._attempts_at(service)},
            max_pool_connections=self._connections,
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            user_agent_extra=f"audit403/{__version__}",
        )
        try:
            return self._session.client(service, endpoint_url=self._login.endpoint, config=config)
        except NOT_GIVEN as error:
            raise BadCredentials(f"the credentials cannot be had: {error}") from None
        except (BotoCoreError, ValueError) as error:
            raise BadUsage(f"AWS cannot be asked: {error}.".replace("..", ".")) from None

    def _attempts_at(self, service: str) -> int:
        """boto3 puts the account in front of the host of S3 Control: of another server there seldom is such a name."""
        return 1 if service == "s3control" and self.endpoint is not None else self._attempts

    def _as_role(self, base: Any, role: str) -> Any:
        """A session with the credentials of a role, which are renewed when they run out."""
        login, endpoint = self._session, self._login.endpoint
        region = login.region_name or USUAL_REGION

        def client(service: str, **named: Any) -> Any:
            return login.client(service, **{"region_name": region, "endpoint_url": endpoint, **named})

        own = base.get_credentials()
        if own is None:
            raise BadUsage(f"{role} cannot be assumed: {NO_CREDENTIALS}.")
        fetcher = AssumeRoleCredentialFetcher(client, own, role, extra_args={"RoleSessionName": _SESSION_NAME})
        session = _session(self._login.profile)
        session._credentials = DeferredRefreshableCredentials(
            refresh_using=fetcher.fetch_credentials, method="assume-role"
        )
        return boto3.Session(botocore_session=session, region_name=self._login.region)


def _session(profile: str | None) -> Any:
    """A session of botocore; all of them share the descriptions of services, which take long to read."""
    session = botocore.session.Session(profile=profile)
    session.register_component("data_loader", _loader())
    return session


@cache
def _loader() -> Any:
    return create_loader()
