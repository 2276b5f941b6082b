"""Many small objects of S3, read for less than half of the processor time of a client's calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import BotoCoreError
from botocore.hooks import first_non_none_response

from baseline.errors import BaselineError
from baseline.sessions.translate import translated

_METADATA = "x-amz-meta-"


@dataclass(frozen=True)
class Fetched:
    """An object's bytes, and its user metadata without ``x-amz-meta-``."""

    content: bytes
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Place:
    """The URL below which a bucket's objects lie, with its slash, and the bucket's region."""

    url: str
    region: str


class Reader:
    """Objects read with the keys and over the connections of ``client``, which is one of S3.

    What a client does around a request costs more than the request: it asks models, rules of
    endpoints and hooks for every object of a bucket. Here is only what a plain answer needs.
    Where a bucket is the first call of the client tells; and whatever else than an object comes
    back, the client is asked again: it follows buckets, tries again, and says what is wrong.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self._places: dict[str, _Place] = {}
        client.meta.events.register("before-sign.s3.GetObject", self._learn)

    def get(self, bucket: str, key: str) -> Fetched:
        """The object; raises an AwsError or CredentialsError. Safe to call from many threads."""
        with translated(f"s3://{bucket}/{key}"):
            return self._plainly(bucket, key) or self._by_the_client(bucket, key)

    def _plainly(self, bucket: str, key: str) -> Fetched | None:
        """The object; None when the answer is not a whole one."""
        place = self._places.get(bucket)
        if place is None:
            return None
        try:
            answer = self._send(self._signed(place, key))
        except (BotoCoreError, BaselineError):
            return None
        whole = answer.headers.get("Content-Length") == str(len(answer.content))
        if answer.status_code != HTTPStatus.OK or not whole:
            return None
        return Fetched(answer.content, _metadata(answer.headers))

    def _by_the_client(self, bucket: str, key: str) -> Fetched:
        answer = self._client.get_object(Bucket=bucket, Key=key)
        return Fetched(answer["Body"].read(), answer.get("Metadata", {}))

    def _learn(self, request: AWSRequest, **_: Any) -> None:
        """Where the client looks for an object there the others of its bucket are."""
        asked, region = request.context["input_params"], request.context["signing"]["region"]
        url = request.url.removesuffix(_quoted(asked["Key"]))
        self._places[asked["Bucket"]] = _Place(url, region)

    def _signed(self, place: _Place, key: str) -> Any:
        agent = {"User-Agent": self._client.meta.config.user_agent}
        request = AWSRequest("GET", place.url + _quoted(key), agent)
        # Asked each time: it renews keys that are about to end.
        signer = self._client._request_signer  # noqa: SLF001  # no client gives away its signer
        signer.get_auth_instance("s3", place.region, "s3v4").add_auth(request)
        return request.prepare()

    def _send(self, request: Any) -> AWSResponse:
        """As the client would: by whoever stands in for the network, or over its connections."""
        asked = self._client.meta.events.emit("before-send.s3.GetObject", request=request)
        answer = first_non_none_response(asked)
        return answer or self._client._endpoint.http_session.send(request)  # noqa: SLF001  # nor them


def _quoted(key: str) -> str:
    return quote(key, safe="/~")


def _metadata(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        name[len(_METADATA) :]: value
        for name, value in headers.items()
        if name.lower().startswith(_METADATA)
    }
