"""Runs the inline Python of a Lambda function: in this process, as the function's role.

The source gets a boto3 whose calls go to the simulation with the role's credentials, an os with the
function's environment, and the cfnresponse that inline sources have. It is loaded once, as a warm
function is.
"""

import builtins
import contextvars
import datetime as dt
import hashlib
import io
import os
import types
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import botocore.loaders
import botocore.session

from baseline.simulation import identity
from baseline.simulation.identity import Identity
from baseline.simulation.issued import Issued

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

_MODELS = botocore.loaders.create_loader()
# A function's credentials end after some hours; they are renewed at each invocation.
_LIFE = dt.timedelta(hours=6)


class Program:
    """The source of one function, loaded; ``say`` takes what it prints."""

    def __init__(self, simulation: "Simulation", function: Any, say: Callable[[str], None]) -> None:
        self._simulation = simulation
        self._function = function
        self._who = _identity(function)
        self._token = hashlib.sha256(self._who.arn.encode()).hexdigest()
        self._clients: dict[tuple[str, str], Any] = {}
        self._say = say
        self._renew()
        self._names = self._load()

    def __call__(self, event: dict[str, Any]) -> Any:
        """What the handler answers; raises whatever it raises."""
        self._renew()
        handler = self._names[self._function.handler.rpartition(".")[2]]
        # In a context of its own: whoever happens to call now is not who the function is.
        return contextvars.Context().run(handler, event, None)

    def _load(self) -> dict[str, Any]:
        file = self._function.handler.rpartition(".")[0] + ".py"
        archive = zipfile.ZipFile(io.BytesIO(self._function.code_bytes))
        replaced = vars(builtins) | {"__import__": self._import, "print": self._print}
        names = {"__name__": "index", "__builtins__": replaced}
        exec(compile(archive.read(file), file, "exec"), names)  # noqa: S102  # what Lambda is for
        return names

    def _import(self, name: str, *how: Any) -> Any:
        if name == "boto3":
            return types.SimpleNamespace(client=self._client)
        if name == "cfnresponse":
            return types.SimpleNamespace(SUCCESS="SUCCESS", FAILED="FAILED", send=self._respond)
        if name == "os":
            return types.SimpleNamespace(**vars(os) | {"environ": self._environment()})
        return __import__(name, *how)

    def _respond(
        self, event: Any, _context: Any, status: str, data: Any, physical_id: str, **more: Any
    ) -> None:
        """Tell CloudFormation how it went [Lambda: cfn-response module]."""
        self._simulation.service("cloudformation").answers[event["ResponseURL"]] = {
            "Status": status,
            "Reason": more.get("reason") or "See the details in CloudWatch Log Stream",
            "PhysicalResourceId": physical_id,
            "Data": data,
        }

    def _environment(self) -> dict[str, str]:
        region = self._function.region
        return {"AWS_REGION": region, "AWS_DEFAULT_REGION": region} | (
            self._function.environment_vars or {}
        )

    def _client(self, service: str, region_name: str = "", config: Any = None) -> Any:
        key = service, region_name or self._function.region
        if key not in self._clients:
            core = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
            core.register_component("data_loader", _MODELS)
            client = core.create_client(
                service,
                region_name=key[1],
                aws_access_key_id=self._who.access_key_id,
                aws_secret_access_key="simulated",  # noqa: S106  # no signature is checked here
                aws_session_token=self._token,
                config=config,
            )
            client.meta.events.register("before-send", self._simulation.transport)
            self._clients[key] = client
        return self._clients[key]

    def _renew(self) -> None:
        ends = self._simulation.clock.now() + _LIFE
        self._simulation.issued.add(Issued(self._who, self._token, ends))

    def _print(self, *values: object, **_: object) -> None:
        self._say(" ".join(map(str, values)))


def _identity(function: Any) -> Identity:
    """The function's role, as Lambda assumes it: the session is named after the function."""
    account_id, role = function.role.split(":")[4], function.role.rpartition("/")[2]
    arn = f"arn:aws:sts::{account_id}:assumed-role/{role}/{function.function_name}"
    key = f"ASIA{hashlib.sha256(arn.encode()).hexdigest()[:16].upper()}"
    record = identity.role_record(arn, identity.role_id(account_id, role), key)
    return Identity(account_id, arn, key, record)
