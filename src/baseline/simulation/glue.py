"""Glue's data catalog, where moto is laxer than Glue: how much one call takes, and pages."""

from typing import Any, ClassVar

from moto.core.exceptions import JsonRESTError
from moto.glue.models import glue_backends

from baseline.simulation.paging import page
from baseline.simulation.service import Call, Refusal, Service

Answer = dict[str, Any]

# The most items of a call [Glue API reference].
_MOST = {
    "BatchCreatePartition": ("PartitionInputList", 100),
    "BatchUpdatePartition": ("Entries", 100),
    "BatchDeletePartition": ("PartitionsToDelete", 25),
    "BatchGetPartition": ("PartitionsToGet", 1000),
}
_PAGE = 1000


class Glue(Service):
    """Wraps moto's Glue."""

    name: ClassVar[str] = "glue"

    def get_resource_policy(self, call: Call) -> Answer:
        """The policy; raises Refusal when there is none, as Glue does."""
        answer = self.moto(call)
        if not answer:
            raise Refusal("EntityNotFoundException", "Policy not found")
        return answer

    def batch_create_partition(self, call: Call) -> Answer:
        """Several partitions at once; raises Refusal for more than Glue takes."""
        parameter, most = _MOST[call.operation]
        if len(call.parameters[parameter]) > most:
            raise Refusal(
                "ValidationException",
                f"1 validation error detected: Value at '{parameter[0].lower()}{parameter[1:]}' "
                "failed to satisfy constraint: Member must have length less than or equal to "
                f"{most}",
            )
        return self.moto(call)

    batch_update_partition = batch_delete_partition = batch_get_partition = batch_create_partition

    def get_partitions(self, call: Call) -> Answer:
        """Partitions in pages and segments; moto has one page only, of all of them."""
        asked = call.parameters
        found = self._partitions(call)
        segment = asked.get("Segment") or {"SegmentNumber": 0, "TotalSegments": 1}
        some, more = page(
            found[segment["SegmentNumber"] :: segment["TotalSegments"]],
            asked.get("NextToken"),
            asked.get("MaxResults"),
            _PAGE,
            "InvalidInputException",
        )
        whole = not asked.get("ExcludeColumnSchema")
        return {"Partitions": [_described(partition, whole=whole) for partition in some], **more}

    def _partitions(self, call: Call) -> list[Any]:
        """Straight from moto's state: thousands of them would be written and read in between."""
        asked = call.parameters
        backend = glue_backends[call.account_id][call.region]
        try:
            return list(
                backend.get_partitions(
                    asked["DatabaseName"], asked["TableName"], asked.get("Expression")
                )
            )
        except JsonRESTError as error:
            raise Refusal(error.error_type, error.message) from error


def _described(partition: Any, *, whole: bool) -> Answer:
    told: Answer = partition.as_dict()
    if not whole:
        storage = told.get("StorageDescriptor") or {}
        told["StorageDescriptor"] = {k: v for k, v in storage.items() if k != "Columns"}
    return told
