"""A real Trino server on loopback: Athena's engine, as its project publishes it.

Maven brings the server's parts once, into ``.tools/trino``. The tables lie in an S3 that moto
serves, as Athena's do; the metastore is a file there.
"""

import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from moto.server import ThreadedMotoServer

VERSION = "435"  # The last for Java 17.
_MAVEN = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1"
_HOME = Path(os.environ.get("BASELINE_TRINO", Path(__file__).parents[1] / ".tools/trino")) / VERSION
_START_WITHIN = 120

_POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>given</groupId><artifactId>trino</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>io.trino</groupId><artifactId>trino-main</artifactId><version>{VERSION}</version>
    </dependency>
  </dependencies>
</project>
"""
# What the main class of the packaged server does.
_MAIN = f"""public class Start {{
    public static void main(String[] arguments) {{
        new io.trino.server.Server().start("{VERSION}");
    }}
}}
"""
_JAVA = (
    "-Xmx1500m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Djdk.attach.allowAttachSelf=true",
    "--add-opens=java.base/java.nio=ALL-UNNAMED",
    "--add-modules=jdk.incubator.vector",
)


class TrinoError(Exception):
    """What Trino refused. ``name`` is the kind, such as DIVISION_BY_ZERO."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name


@dataclass(frozen=True)
class Trino:
    """A client of the server; ``s3`` is the endpoint that holds the tables."""

    url: str
    s3: str

    def run(self, sql: str) -> list[dict[str, Any]]:
        """The rows, in the types of ``baseline.query.duckdb.plain``; raises TrinoError."""
        answer = self._call(f"{self.url}/v1/statement", sql.encode())
        columns: list[dict[str, Any]] = []
        rows: list[list[Any]] = []
        while True:
            if error := answer.get("error"):
                raise TrinoError(error["errorName"], error["message"])
            columns = answer.get("columns", columns)
            rows += answer.get("data", [])
            if "nextUri" not in answer:
                break
            answer = self._call(answer["nextUri"])
        return [
            {
                column["name"]: _value(value, column["typeSignature"])
                for column, value in zip(columns, row, strict=True)
            }
            for row in rows
        ]

    def _call(self, url: str, body: bytes | None = None) -> dict[str, Any]:
        headers = {
            "X-Trino-User": "test",
            "X-Trino-Catalog": "awsdatacatalog",
            "X-Trino-Schema": "auditing",
            "X-Trino-Time-Zone": "UTC",
            "X-Trino-Client-Capabilities": "PARAMETRIC_DATETIME",
        }
        with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as response:
            answer: dict[str, Any] = json.load(response)
        return answer


def why_not() -> str:
    """Why no server can be had on this machine; empty when one can."""
    missing = [program for program in ("java", "mvn") if not shutil.which(program)]
    return f"Trino needs {' and '.join(missing)}" if missing else ""


@contextmanager
def a_trino() -> Iterator[Trino]:
    """A server that ends with the block."""
    _install()
    store = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    store.start()
    host, port = store.get_host_and_port()
    try:
        with tempfile.TemporaryDirectory(prefix="trino-") as directory:
            yield from _server(Path(directory), f"http://{host}:{port}")
    finally:
        store.stop()


def _server(directory: Path, s3: str) -> Iterator[Trino]:
    port = _free_port()
    _configure(directory, port, s3)
    log = directory / "server.log"
    command = ["java", *_JAVA, "-Dconfig=config.properties", "-cp", f"{_HOME}/lib/*", "Start.java"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=directory, stdout=output, stderr=output, start_new_session=True
        )
    try:
        _wait(process, log)
        yield Trino(f"http://127.0.0.1:{port}", s3)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + _START_WITHIN
    while "SERVER STARTED" not in (text := log.read_text(encoding="utf-8", errors="replace")):
        if process.poll() is not None or time.monotonic() > end:
            raise RuntimeError(f"Trino did not start:\n{text[-3000:]}")
        time.sleep(0.2)


def _configure(directory: Path, port: int, s3: str) -> None:
    (directory / "Start.java").write_text(_MAIN)
    (directory / "config.properties").write_text(
        f"""node.environment=test
node.id=one
node.bind-ip=127.0.0.1
node.internal-address=127.0.0.1
coordinator=true
node-scheduler.include-coordinator=true
http-server.http.port={port}
discovery.uri=http://127.0.0.1:{port}
plugin.dir={_HOME}/plugin
catalog.config-dir={directory}/catalog
query.max-memory=400MB
query.max-memory-per-node=400MB
memory.heap-headroom-per-node=200MB
"""
    )
    (directory / "catalog").mkdir()
    (directory / "catalog/awsdatacatalog.properties").write_text(
        f"""connector.name=hive
hive.metastore=file
hive.metastore.catalog.dir=s3://warehouse/catalog
hive.recursive-directories=true
hive.security=allow-all
hive.metastore-cache-ttl=1h
hive.file-status-cache-tables=*
hive.file-status-cache-expire-time=1h
fs.hadoop.enabled=false
fs.native-s3.enabled=true
s3.endpoint={s3}
s3.region=us-east-1
s3.path-style-access=true
s3.aws-access-key=test
s3.aws-secret-key=test
"""
    )


def _install() -> None:
    if _HOME.is_dir():
        return
    _HOME.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=_HOME.parent) as fresh:
        directory = Path(fresh)
        (directory / "pom.xml").write_text(_POM)
        _maven(directory, "copy-dependencies", "-DincludeScope=runtime", "-DoutputDirectory=lib")
        hive = f"-Dartifact=io.trino:trino-hive:{VERSION}:zip"
        _maven(directory, "copy", hive, "-DoutputDirectory=.")
        (archive,) = directory.glob("trino-hive-*.zip")
        shutil.unpack_archive(archive, directory / "plugin")
        archive.unlink()
        directory.rename(_HOME)
        directory.mkdir()


def _maven(directory: Path, goal: str, *options: str) -> None:
    command = ["mvn", "-q", "-B", f"{_MAVEN}:{goal}", *options]
    subprocess.run(command, cwd=directory, check=True, capture_output=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _value(value: Any, signature: dict[str, Any]) -> Any:
    convert = None if value is None else _CONVERSIONS.get(signature["rawType"])
    return convert(value, signature["arguments"]) if convert else value


def _array(value: list[Any], inner: list[dict[str, Any]]) -> list[Any]:
    return [_value(item, inner[0]["value"]) for item in value]


def _map(value: dict[str, Any], inner: list[dict[str, Any]]) -> dict[str, Any]:
    return {str(key): _value(item, inner[1]["value"]) for key, item in value.items()}


def _row(values: list[Any], inner: list[dict[str, Any]]) -> Any:
    fields = [argument["value"] for argument in inner]
    found = [
        _value(value, field["typeSignature"]) for value, field in zip(values, fields, strict=True)
    ]
    names = [(field.get("fieldName") or {}).get("name") for field in fields]
    return dict(zip(names, found, strict=True)) if all(names) else found


def _decimal(text: str, _inner: list[dict[str, Any]]) -> float:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)


def _double(value: Any, _inner: list[dict[str, Any]]) -> Any:
    return value if isinstance(value, int | float) else None


def _zoned(text: str, _inner: list[dict[str, Any]]) -> str:
    moment, zone = text.rsplit(" ", 1)
    if zone[0] in "+-":
        hours, minutes = zone[1:].split(":")
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        where: Any = timezone(offset if zone[0] == "+" else -offset)
    else:
        where = ZoneInfo(zone)
    return datetime.fromisoformat(moment).replace(tzinfo=where).astimezone(UTC).isoformat()


_CONVERSIONS: dict[str, Callable[[Any, list[dict[str, Any]]], Any]] = {
    "array": _array,
    "map": _map,
    "row": _row,
    "decimal": _decimal,
    "double": _double,
    "real": _double,
    "varbinary": lambda value, _: base64.b64decode(value).hex(),
    "timestamp": lambda value, _: datetime.fromisoformat(value).isoformat(),
    "timestamp with time zone": _zoned,
}
