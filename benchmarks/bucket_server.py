"""A bucket in memory over HTTP, every answer of which takes some milliseconds, as S3's do.

It has what reading logs needs, and nothing to slow it down: S3's lists, objects and locations,
CloudTrail's public keys, STS's word on who asks. A process of its own, so that it and who reads do
not wait for one another.
"""

import asyncio
import base64
import json
import multiprocessing
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

_PAGE = 1000


@dataclass(frozen=True)
class Served:
    """A bucket's name and objects (content and metadata), keys by fingerprint, and the caller."""

    bucket: str
    objects: Mapping[str, tuple[bytes, Mapping[str, str]]]
    public_keys: Mapping[str, bytes]
    account: str
    latency: float


@contextmanager
def serve(served: Served) -> Iterator[dict[str, str]]:
    """The environment in which AWS's tools speak to it."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=_run, args=(served, theirs))
    process.start()
    try:
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{ours.recv()}",
            "AWS_ACCESS_KEY_ID": "AKIABENCHMARK",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }
    finally:
        process.terminate()
        process.join()


def _run(served: Served, tell: Connection) -> None:
    asyncio.run(_Server(served).run(tell))


class _Server:
    def __init__(self, served: Served) -> None:
        self._served = served
        self._keys = sorted(served.objects)

    async def run(self, tell: Connection) -> None:
        server = await asyncio.start_server(self._talk, "127.0.0.1", 0)
        tell.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                start, _, rest = head.decode("latin-1").partition("\r\n")
                headers = {
                    name.lower(): value
                    for name, _, value in (line.partition(": ") for line in rest.split("\r\n"))
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                await asyncio.sleep(self._served.latency)
                writer.write(self._answer(start, headers, body))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _answer(self, start: str, headers: Mapping[str, str], body: bytes) -> bytes:
        method, target, _ = start.split(" ")
        if method == "POST":
            return self._told(headers, body)
        url = urlsplit(target)
        query = {k: v[0] for k, v in parse_qs(url.query, keep_blank_values=True).items()}
        key = unquote(url.path).removeprefix(f"/{self._served.bucket}").removeprefix("/")
        if key:
            return self._object(key)
        if "location" in query:
            return _reply("<LocationConstraint>eu-west-1</LocationConstraint>")
        return _reply(self._list(query))

    def _told(self, headers: Mapping[str, str], body: bytes) -> bytes:
        if "ListPublicKeys" in headers.get("x-amz-target", ""):
            found = [
                {"Fingerprint": name, "Value": base64.b64encode(key).decode()}
                for name, key in self._served.public_keys.items()
            ]
            return _reply(json.dumps({"PublicKeyList": found}))
        if b"GetCallerIdentity" not in body:
            denied = '{"__type": "AccessDeniedException", "Message": "may read the bucket alone"}'
            return _reply(denied, status="400 Bad Request")
        account = self._served.account
        return _reply(
            "<GetCallerIdentityResponse><GetCallerIdentityResult>"
            f"<Arn>arn:aws:iam::{account}:user/reader</Arn><UserId>x</UserId>"
            f"<Account>{account}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        )

    def _object(self, key: str) -> bytes:
        if key not in self._served.objects:
            return _reply("<Error><Code>NoSuchKey</Code></Error>", status="404 Not Found")
        content, metadata = self._served.objects[key]
        more = "".join(f"x-amz-meta-{name}: {value}\r\n" for name, value in metadata.items())
        return _reply(content, more)

    def _list(self, query: Mapping[str, str]) -> str:
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter", "")
        after = query.get("continuation-token") or query.get("marker") or ""
        keys = [key for key in self._keys if key.startswith(prefix) and key > after]
        folders: dict[str, None] = {}
        if delimiter:
            rest = (key[len(prefix) :].partition(delimiter) for key in keys)
            folders = dict.fromkeys(f"{prefix}{name}/" for name, found, _ in rest if found)
            keys = [key for key in keys if delimiter not in key[len(prefix) :]]
        page, more = keys[:_PAGE], len(keys) > _PAGE
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><ETag>x</ETag><Size>1</Size></Contents>"
            for key in page
        )
        found = "".join(
            f"<CommonPrefixes><Prefix>{escape(folder)}</Prefix></CommonPrefixes>"
            for folder in folders
        )
        next_ = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        return (
            f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{next_}"
            f"{contents}{found}</ListBucketResult>"
        )


def _reply(content: str | bytes, headers: str = "", *, status: str = "200 OK") -> bytes:
    body = content.encode() if isinstance(content, str) else content
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    return head.encode("latin-1") + body
