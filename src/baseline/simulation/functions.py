"""Lambda: functions that run, and the queues that they work off. Functions are kept by moto.

A queue is worked off as soon as something is in it, in the thread of whoever put it there.
"""

import json
import threading
import uuid
from dataclasses import replace
from typing import Any, ClassVar

from moto.awslambda.utils import get_backend
from moto.logs.models import logs_backends

from baseline.simulation import queues
from baseline.simulation.inline_python import Program
from baseline.simulation.service import Call, Refusal, Service

Answer = dict[str, Any]

_PARTIAL = "ReportBatchItemFailures"
_SETTINGS = (
    "BatchSize",
    "FunctionResponseTypes",
    "MaximumBatchingWindowInSeconds",
    "ScalingConfig",
)


class Lambda(Service):
    """Event source mappings and invocations; the rest is moto's."""

    name: ClassVar[str] = "lambda"

    def __init__(self, simulation: Any) -> None:
        super().__init__(simulation)
        self.mappings: dict[str, Answer] = {}
        self._programs: dict[tuple[str, str], Program] = {}
        self._working = threading.Lock()
        simulation.observers.append(self._observe)

    def __getstate__(self) -> dict[str, Any]:
        """All but the programs, which are loaded again."""
        return {k: v for k, v in super().__getstate__().items() if not k.startswith("_")}

    def create_event_source_mapping(self, call: Call) -> Answer:
        """Let a function work off a queue; raises Refusal when one of them is not there."""
        asked = call.parameters
        function = self._function(call, asked["FunctionName"])
        arn = asked["EventSourceArn"]
        if queues.find(arn) is None:
            raise Refusal("InvalidParameterValueException", f"Queue does not exist: {arn}")
        known = [(m["EventSourceArn"], m["FunctionArn"]) for m in self.mappings.values()]
        if (arn, function.function_arn) in known:
            raise Refusal("ResourceConflictException", "The mapping exists already.", 409)
        mapping = {
            "UUID": str(uuid.uuid4()),
            "EventSourceArn": arn,
            "FunctionArn": function.function_arn,
            "BatchSize": 10,
        }
        self.mappings[mapping["UUID"]] = mapping
        return self._changed(mapping, call)

    def update_event_source_mapping(self, call: Call) -> Answer:
        """Change how a queue is worked off."""
        return self._changed(self._mapping(call), call)

    def get_event_source_mapping(self, call: Call) -> Answer:
        """One mapping."""
        return dict(self._mapping(call))

    def delete_event_source_mapping(self, call: Call) -> Answer:
        """Leave a queue alone."""
        return self.mappings.pop(self._mapping(call)["UUID"]) | {"State": "Deleting"}

    def list_event_source_mappings(self, call: Call) -> Answer:
        """The mappings of this account and region, of a function or a queue."""
        place = f":{call.region}:{call.account_id}:"
        name, arn = (call.parameters.get(k) for k in ("FunctionName", "EventSourceArn"))
        return {
            "EventSourceMappings": [
                dict(m)
                for m in self.mappings.values()
                if place in m["FunctionArn"]
                and (not name or name in (m["FunctionArn"], m["FunctionArn"].rpartition(":")[2]))
                and arn in (None, m["EventSourceArn"])
            ]
        }

    def invoke(self, call: Call) -> Answer:
        """Run a function for an event; only without waiting for what it answers."""
        asked = call.parameters
        if asked.get("InvocationType") != "Event":
            raise Refusal("InvalidParameterValueException", "Only events are simulated.")
        arn = self._function(call, asked["FunctionName"]).function_arn
        try:
            self._program(arn)(json.loads(asked.get("Payload") or "{}"))
        except Exception as error:  # noqa: BLE001  # the function's own: Lambda outlives it
            self._log(arn, f"[ERROR] {type(error).__name__}: {error}")
        return {"StatusCode": 202}

    def deliver(self) -> int:
        """Work off what is in the queues; nothing is written to a bucket."""
        self._work_off()
        return 0

    def _observe(self, _call: Call, _answer: Answer | None, _refusal: Refusal | None) -> None:
        """After every call: it may have put something into a queue."""
        if self.mappings:
            self._work_off()

    def _work_off(self) -> None:
        # What a function does, observed here again, is no reason to begin once more.
        if not self._working.acquire(blocking=False):
            return
        try:
            for mapping in list(self.mappings.values()):
                while mapping["State"] == "Enabled" and self._batch(mapping):
                    pass
        finally:
            self._working.release()

    def _batch(self, mapping: Answer) -> bool:
        """Work off one batch; whether there was one."""
        arn = mapping["EventSourceArn"]
        if queues.find(arn) is None:
            return False
        messages = queues.take(arn, mapping["BatchSize"], self.simulation.clock.now())
        if not messages:
            return False
        failed = self._failed(mapping, messages)
        queues.delete(arn, {message.id for message in messages} - failed)
        return True

    def _failed(self, mapping: Answer, messages: list[Any]) -> set[str]:
        """The messages that come back: all, when the function fails or names one of no batch."""
        every = {message.id for message in messages}
        records = [_record(message, mapping["EventSourceArn"]) for message in messages]
        program = self._program(mapping["FunctionArn"])
        try:
            answer = program({"Records": records}) or {}
        except Exception as error:  # noqa: BLE001  # the function's own: Lambda outlives it
            self._log(mapping["FunctionArn"], f"[ERROR] {type(error).__name__}: {error}")
            return every
        if _PARTIAL not in mapping.get("FunctionResponseTypes", ()):
            return set()
        failed = {one.get("itemIdentifier") for one in answer.get("batchItemFailures", ())}
        return every if failed - every else failed

    def _program(self, arn: str) -> Program:
        parts = arn.split(":")
        function = get_backend(parts[4], parts[3]).get_function(arn)
        key = (arn, f"{function.code_sha_256} {function.environment_vars} {function.role}")
        if key not in self._programs:
            self._programs[key] = Program(self.simulation, function, lambda t: self._log(arn, t))
        return self._programs[key]

    def _log(self, arn: str, text: str) -> None:
        """Into the function's log group, if there is one."""
        parts = arn.split(":")
        backend, group = logs_backends[parts[4]][parts[3]], f"/aws/lambda/{parts[6]}"
        if group in backend.groups:
            now = int(self.simulation.clock.now().timestamp() * 1000)
            backend.ensure_log_stream(group, "simulation")
            backend.groups[group].put_log_events(
                "simulation", [{"timestamp": now, "message": text}]
            )

    def _changed(self, mapping: Answer, call: Call) -> Answer:
        asked = call.parameters
        mapping |= {name: asked[name] for name in _SETTINGS if name in asked}
        mapping["State"] = "Enabled" if asked.get("Enabled", True) else "Disabled"
        mapping["LastModified"] = call.time
        return dict(mapping)

    def _mapping(self, call: Call) -> Answer:
        found = self.mappings.get(call.parameters["UUID"])
        if found is None or f":{call.region}:{call.account_id}:" not in found["FunctionArn"]:
            raise Refusal(
                "ResourceNotFoundException", "The resource you requested does not exist.", 404
            )
        return found

    def _function(self, call: Call, name: str) -> Any:
        # Moto answers as Lambda does when it is not there.
        asked = {"FunctionName": name}
        self.moto(replace(call, operation="GetFunctionConfiguration", parameters=asked))
        return get_backend(call.account_id, call.region).get_function(name)


def _record(message: Any, arn: str) -> Answer:
    return {
        "messageId": message.id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": {"ApproximateReceiveCount": str(message.approximate_receive_count)},
        "messageAttributes": {},
        "md5OfBody": message.body_md5,
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": arn.split(":")[3],
    }
