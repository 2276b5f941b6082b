"""What CloudTrail writes of a call's parameters and answer: lower-camel names and no secrets.

Follows what real log files show: a structure's member begins with a small letter (and only its
first letter changes: ``dBInstanceIdentifier``), the keys of a map stay as they were sent, binary
values are left out, and times are written out in words. EC2 and S3 have habits of their own.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"

# Members that the service models do not always mark as sensitive. ``nextToken`` and
# ``clientToken`` are no secrets and are recorded.
_SECRET = re.compile(
    r"(password|secretaccesskey|(session|access|refresh|id|auth|bearer|identity)token|tokencode"
    r"|authenticationcode[12]|privatekey|keymaterial|plaintext|secretstring|secretbinary"
    r"|samlassertion|userdata|base32stringseed|qrcodepng|clientsecret)$|^(secret|token)$",
    re.IGNORECASE,
)
# Too long to be recorded, so that CloudFormation leaves it out.
_LEFT_OUT = {"TemplateBody"}
# These leave a secret out; the others write HIDDEN in its place.
_SILENT_SERVICES = {"iam", "sts"}
_ABSENT = object()

_EC2_SETS = {
    "Filters": "filterSet",
    "ImageIds": "imagesSet",
    "InstanceIds": "instancesSet",
    "SnapshotIds": "snapshotSet",
    "SubnetIds": "subnetSet",
    "VolumeIds": "volumeSet",
    "VpcIds": "vpcSet",
}


def lower_camel(name: str) -> str:
    """``StackName`` as ``stackName``, and ``ARN`` as ``arn``."""
    return "arn" if name == "ARN" else name[:1].lower() + name[1:]


def written_out(time: datetime) -> str:
    """A time as it stands inside parameters and answers: ``Jul 10, 2023, 12:31:14 PM``."""
    utc = time.astimezone(UTC)
    hour = utc.hour % 12 or 12
    return f"{utc:%b} {utc.day}, {utc.year}, {hour}:{utc:%M:%S %p}"


def recorded(shape: Any, values: Any, *, service: str) -> dict[str, Any] | None:
    """``values`` of a botocore ``shape`` as CloudTrail records them; None where nothing is left."""
    if shape is None or not isinstance(values, dict):
        return None
    written = _Writer(silent=service in _SILENT_SERVICES).write(shape, values)
    return written or None


def ec2_request(values: dict[str, Any]) -> dict[str, Any]:
    """EC2 writes its lists as sets: ``{"vpcSet": {"items": [{"vpcId": …}]}}``.

    ``values`` has gone through `recorded`.
    """
    return dict(_ec2_member(name, value) for name, value in values.items())


def ec2_answer(shape: Any, values: Any) -> dict[str, Any]:
    """An answer of EC2: its names are those of the answer's XML, its lists are sets again."""
    written: dict[str, Any] = _Ec2Writer(silent=False).write(shape, values)
    return written


def s3_request(operation: Any, values: dict[str, Any], region: str) -> dict[str, Any] | None:
    """S3 writes bucket, host, the sub-resource with an empty value, key, and the body by its name.

    ``operation`` is botocore's model of the operation.
    """
    bucket = values.get("Bucket")
    host = f"{bucket}.s3.{region}.amazonaws.com" if bucket else f"s3.{region}.amazonaws.com"
    request: dict[str, Any] = {"bucketName": bucket} if bucket else {}
    request["Host"] = host
    _, _, query = operation.http["requestUri"].partition("?")
    if query:
        request[query.split("&")[0].split("=")[0]] = ""
    if "Key" in values:
        request["key"] = values["Key"]
    return request | _s3_body(operation, values)


def _s3_body(operation: Any, values: dict[str, Any]) -> dict[str, Any]:
    shape = operation.input_shape
    payload = shape.serialization.get("payload") if shape else None
    if payload not in values:
        return {}
    if payload == "Policy":
        return {"bucketPolicy": _json_or_text(values[payload])}
    body = shape.members[payload]
    written = _Writer(silent=False, rename=str).write(body, values[payload])
    return {} if written is _ABSENT else {body.serialization.get("name", body.name): written}


def _json_or_text(text: Any) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _ec2_member(name: str, value: Any) -> tuple[str, Any]:
    if not isinstance(value, list):
        return name, value
    original = name[:1].upper() + name[1:]
    key = _EC2_SETS.get(original) or f"{name.removesuffix('s')}Set"
    return key, {"items": [_ec2_item(original, item) for item in value]}


def _ec2_item(name: str, item: Any) -> Any:
    if not isinstance(item, dict):
        return {lower_camel(name.removesuffix("s")): item}
    if name == "Filters":
        values = [{"value": value} for value in item.get("values", [])]
        return {"name": item.get("name"), "valueSet": {"items": values}}
    return item


class _Writer:
    """Walks a value along its shape."""

    def __init__(self, *, silent: bool, rename: Callable[[str], str] = lower_camel) -> None:
        self.silent = silent
        self.rename = rename

    def write(self, shape: Any, value: Any, name: str = "") -> Any:
        if name in _LEFT_OUT or value is None:
            return _ABSENT
        if _is_secret(shape, value, name):
            return _ABSENT if self.silent else HIDDEN
        return getattr(self, f"_{shape.type_name}", _scalar)(shape, value)

    def named(self, name: str, _shape: Any) -> str:
        return self.rename(name)

    def _structure(self, shape: Any, value: Any) -> Any:
        if not isinstance(value, dict):
            return _ABSENT
        members = {
            self.named(name, shape.members[name]): self.write(shape.members[name], member, name)
            for name, member in value.items()
            if name in shape.members
        }
        return {name: member for name, member in members.items() if member is not _ABSENT}

    def _list(self, shape: Any, value: Any) -> Any:
        written = (self.write(shape.member, item) for item in value)
        return [item for item in written if item is not _ABSENT]

    def _map(self, shape: Any, value: Any) -> dict[str, Any]:
        written = {str(key): self.write(shape.value, item) for key, item in value.items()}
        return {key: item for key, item in written.items() if item is not _ABSENT}

    def _blob(self, _shape: Any, _value: Any) -> object:
        return _ABSENT


class _Ec2Writer(_Writer):
    def named(self, name: str, shape: Any) -> str:
        return str(shape.serialization.get("name") or lower_camel(name))

    def _list(self, shape: Any, value: Any) -> Any:
        items = super()._list(shape, value)
        return {"items": items} if items else {}


def _is_secret(shape: Any, value: Any, name: str) -> bool:
    sensitive = bool(shape.metadata.get("sensitive"))
    return sensitive or (isinstance(value, str | bytes) and _SECRET.search(name) is not None)


def _scalar(_shape: Any, value: Any) -> Any:
    if isinstance(value, datetime):
        return written_out(value)
    return value if isinstance(value, str | int | float) else str(value)
