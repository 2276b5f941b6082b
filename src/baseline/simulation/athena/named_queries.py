"""Work groups and named queries where moto has no operation, or a laxer one, than Athena."""

from typing import Any

from moto.athena.models import athena_backends

from baseline.simulation.service import Call, Refusal, Service

Answer = dict[str, Any]

INVALID = "InvalidRequestException"
PRIMARY = "primary"


def invalid(message: str) -> Refusal:
    """Athena's refusal of a request that cannot be."""
    return Refusal(INVALID, message)


class NamedQueries(Service):
    """Wraps moto's Athena."""

    def create_named_query(self, call: Call) -> Answer:
        """Keep a query; the same ClientRequestToken gives the same one."""
        self.work_group(call)
        return self.moto(call)

    def get_named_query(self, call: Call) -> Answer:
        """One named query; raises Refusal when it is not there."""
        return {"NamedQuery": _described(self._named_query(call))}

    def batch_get_named_query(self, call: Call) -> Answer:
        """Several at once; unknown ones apart."""
        kept, ids = self._kept(call), call.parameters["NamedQueryIds"]
        return {
            "NamedQueries": [_described(kept[i]) for i in ids if i in kept],
            "UnprocessedNamedQueryIds": [
                {"NamedQueryId": i, "ErrorCode": "INVALID_NAMED_QUERY_ID"}
                for i in ids
                if i not in kept
            ],
        }

    def update_named_query(self, call: Call) -> Answer:
        """Change name, text and description."""
        query, changed = self._named_query(call), call.parameters
        query.name, query.query_string = changed["Name"], changed["QueryString"]
        query.description = changed.get("Description") or query.description
        return {}

    def delete_named_query(self, call: Call) -> Answer:
        """Forget one."""
        del self._kept(call)[self._named_query(call).id]
        return {}

    def get_work_group(self, call: Call) -> Answer:
        """A work group; raises Refusal when it is not there."""
        self.work_group(call)
        return self.moto(call)

    def update_work_group(self, call: Call) -> Answer:
        """Change what ConfigurationUpdates names; ``Remove…`` takes a limit away."""
        group, changes = self.work_group(call), call.parameters
        updates = dict(changes.get("ConfigurationUpdates") or {})
        if updates.pop("RemoveBytesScannedCutoffPerQuery", False):
            group.configuration.pop("BytesScannedCutoffPerQuery", None)
        if result := updates.pop("ResultConfigurationUpdates", None):
            group.configuration.setdefault("ResultConfiguration", {}).update(result)
        group.configuration.update(updates)
        group.description = changes.get("Description") or group.description
        group.state = changes.get("State") or group.state
        return {}

    def delete_work_group(self, call: Call) -> Answer:
        """Delete one; with named queries in it only when asked to recursively."""
        group = self.work_group(call)
        own = [i for i, query in self._kept(call).items() if query.workgroup.name == group.name]
        if own and not call.parameters.get("RecursiveDeleteOption"):
            raise invalid(f"WorkGroup {group.name} is not empty")
        for query_id in own:
            del self._kept(call)[query_id]
        return self.moto(call)

    def work_group(self, call: Call) -> Any:
        """The work group that ``call`` names, or the primary one."""
        name = call.parameters.get("WorkGroup") or PRIMARY
        groups = athena_backends[call.account_id][call.region].work_groups
        if name not in groups:
            raise invalid(f"WorkGroup {name} is not found.")
        return groups[name]

    def _kept(self, call: Call) -> dict[str, Any]:
        kept: dict[str, Any] = athena_backends[call.account_id][call.region].named_queries
        return kept

    def _named_query(self, call: Call) -> Any:
        found = self._kept(call).get(call.parameters["NamedQueryId"])
        if found is None:
            raise invalid(f"NamedQuery {call.parameters['NamedQueryId']} was not found")
        return found


def _described(query: Any) -> Answer:
    return {
        "Name": query.name,
        "Description": query.description,
        "Database": query.database,
        "QueryString": query.query_string,
        "NamedQueryId": query.id,
        "WorkGroup": query.workgroup.name,
    }
