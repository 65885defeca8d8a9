"""The client of a torc server: one method per operation of its HTTP interface.

Method names are the reference's operation ids, arguments and replies the structs of
`torc_core.model`. An endpoint is defined once, as a `Request` made by a method; how it is sent is
the transport's business. Calls block; run them in threads where that matters. A client may be
shared between threads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from torc_core.client.address import Address
from torc_core.client.endpoints.actions import ActionEndpoints
from torc_core.client.endpoints.attempts import AttemptEndpoints
from torc_core.client.endpoints.dependencies import DependencyEndpoints
from torc_core.client.endpoints.events import EventEndpoints
from torc_core.client.endpoints.files import FileEndpoints
from torc_core.client.endpoints.jobs import JobEndpoints
from torc_core.client.endpoints.nodes import NodeEndpoints
from torc_core.client.endpoints.recoveries import RecoveryEndpoints
from torc_core.client.endpoints.resources import ResourceEndpoints
from torc_core.client.endpoints.results import ResultEndpoints
from torc_core.client.endpoints.runs import RunEndpoints
from torc_core.client.endpoints.user_data import UserDataEndpoints
from torc_core.client.endpoints.workflows import WorkflowEndpoints
from torc_core.client.events import EventStream, NumberedEvent
from torc_core.client.features import Feature, features_of, unsupported
from torc_core.client.fields import Loss, Lost, is_kept, not_kept, stated_fields_beyond
from torc_core.client.pages import every_item
from torc_core.client.transport import Transport
from torc_core.model.workflow import Version
from torc_core.service import DEFAULT_URL

__all__ = [
    "DEFAULT_URL",
    "Address",
    "EventStream",
    "Feature",
    "NumberedEvent",
    "TorcClient",
    "every_item",
]


class TorcClient(
    WorkflowEndpoints,
    RunEndpoints,
    RecoveryEndpoints,
    DependencyEndpoints,
    JobEndpoints,
    AttemptEndpoints,
    FileEndpoints,
    UserDataEndpoints,
    ResultEndpoints,
    EventEndpoints,
    ResourceEndpoints,
    NodeEndpoints,
    ActionEndpoints,
):
    """A torc server, as seen from here.

    Args:
        base_url: Its address, such as `http://localhost:8080/torc-service/v1`; or that with its
            token.
        user: User name for Basic authentication.
        password: Password for Basic authentication; without it none is sent.
        token: The bearer token of an embedded server.
        timeout_s: How long a reply may take.
        locate: Returns the present address of a server that does not answer; see `Transport`.
    """

    _transport: Transport

    def __init__(
        self,
        base_url: str | Address = DEFAULT_URL,
        *,
        user: str | None = None,
        password: str | None = None,
        token: str | None = None,
        timeout_s: float = 30.0,
        locate: Callable[[], Address] | None = None,
    ) -> None:
        super().__init__(
            Transport(
                Address(base_url, token) if isinstance(base_url, str) else base_url,
                user=user,
                password=password,
                timeout_s=timeout_s,
                locate=locate,
            )
        )
        self._version: tuple[object, Version] | None = None
        """And the connection over which it was learnt."""

    def offers(self, feature: Feature) -> bool:
        """Return whether the server has a feature; it is asked for its version: see `version`."""
        return feature in self.features()

    def features(self) -> frozenset[Feature]:
        """Return which features the server has."""
        return features_of(self.version().capabilities)

    def require(self, feature: Feature, **values: object) -> None:
        """Do nothing if the server has a feature.

        Args:
            feature: The feature.
            **values: What stands in the hint in place of words in capitals, such as `ID`.

        Raises:
            UnsupportedError: It has not.
        """
        if not self.offers(feature):
            raise unsupported(feature, self.url, self.version().version, values)

    def lost(
        self, kind: type[Any], records: Iterable[Any], *, is_update: bool = False
    ) -> list[Lost]:
        """Return what the server would not keep of records: see `stated_fields_beyond`.

        It is asked for its version only if they state what not every server keeps.
        """
        stated = stated_fields_beyond(kind, records, is_update=is_update)
        if not stated or self.offers(Feature.ALL_FIELDS):
            return []
        version = self.version().version
        return [each for each in stated if not is_kept(each.field, version)]

    def refuse_lost(
        self, kind: type[Any], records: Iterable[Any], *, is_update: bool = False
    ) -> None:
        """Do nothing if the server keeps what has to be kept of records.

        Raises:
            UnsupportedError: It does not.
        """
        self.refuse(
            [
                each
                for each in self.lost(kind, records, is_update=is_update)
                if is_update or each.field.loss is Loss.REFUSED
            ]
        )

    def refuse(self, lost: Sequence[Lost]) -> None:
        """Refuse to lose something.

        Raises:
            UnsupportedError: There is something.
        """
        if lost:
            raise not_kept(lost, self.url, self.version().version)

    def version(self) -> Version:
        """Return what the server says that it is.

        It is asked once, and once more after the connection to it was lost: the one that answers
        then may be another, as after an upgrade.
        """
        connection = self._transport.connection
        if self._version is None or self._version[0] is not connection:
            self._version = connection, self.get_version()
        return self._version[1]

    @property
    def url(self) -> str:
        """The address in use now."""
        return self._transport.address.url

    @property
    def token(self) -> str | None:
        """The bearer token in use now."""
        return self._transport.address.token

    @property
    def user(self) -> str | None:
        """The name for Basic authentication."""
        return self._transport.user

    @property
    def password(self) -> str | None:
        """The password for Basic authentication; without it none is sent."""
        return self._transport.password

    @property
    def is_located(self) -> bool:
        """Whether the server is looked for where it does not answer."""
        return self._transport.is_located

    @property
    def clock_skew_s(self) -> float | None:
        """How far the server's clock is ahead, in seconds; None before the first reply."""
        return self._transport.clock_skew_s

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        self._transport.close()
