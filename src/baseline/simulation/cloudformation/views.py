"""Stacks as they are: the operations of the API that only look."""

from baseline.simulation.cloudformation import descriptions, requests
from baseline.simulation.cloudformation.requests import Answer, invalid, page
from baseline.simulation.cloudformation.stacks import Stacks
from baseline.simulation.cloudformation.template import parse
from baseline.simulation.service import Call


class Views(Stacks):
    """The part of CloudFormation that describes and lists stacks and templates."""

    def describe_stacks(self, call: Call) -> Answer:
        """One stack, also a deleted one by its id; or all that exist."""
        if call.parameters.get("StackName"):
            return {"Stacks": [descriptions.stack(self._found(call))]}
        return page(call, "Stacks", [descriptions.stack(s) for s in self._all(call) if not s.gone])

    def list_stacks(self, call: Call) -> Answer:
        """All stacks of some statuses, the deleted ones among them, the newest first."""
        statuses = call.parameters.get("StackStatusFilter") or ()
        summaries = [
            descriptions.summary(stack)
            for stack in reversed(self._all(call))
            if not statuses or stack.status in statuses
        ]
        return page(call, "StackSummaries", summaries)

    def describe_stack_events(self, call: Call) -> Answer:
        """What happened to a stack, the newest first."""
        stack = self._found(call)
        newest_first = reversed(list(stack.events))
        return page(call, "StackEvents", [descriptions.event(stack, e) for e in newest_first])

    def describe_stack_resources(self, call: Call) -> Answer:
        """The resources of a stack, or the one with that logical or physical id."""
        logical = call.parameters.get("LogicalResourceId")
        physical = call.parameters.get("PhysicalResourceId")
        stack = self._holding(call, physical) if physical else self._found(call)
        return {
            "StackResources": [
                descriptions.resource(stack, resource)
                for resource in list(stack.resources.values())
                if logical in (None, resource.name) and physical in (None, resource.physical_id)
            ]
        }

    def describe_stack_resource(self, call: Call) -> Answer:
        """One resource of a stack."""
        stack, name = self._found(call), call.parameters["LogicalResourceId"]
        if name not in stack.resources:
            raise invalid(f"Resource {name} does not exist for stack {stack.name}")
        described = descriptions.resource(stack, stack.resources[name])
        described["LastUpdatedTimestamp"] = described.pop("Timestamp")
        return {"StackResourceDetail": described}

    def list_stack_resources(self, call: Call) -> Answer:
        """The resources of a stack in short."""
        resources = list(self._found(call).resources.values())
        summaries = [descriptions.resource_summary(resource) for resource in resources]
        return page(call, "StackResourceSummaries", summaries)

    def list_exports(self, call: Call) -> Answer:
        """What the stacks of this account and region export."""
        exports = [
            {"ExportingStackId": export.stack_id, "Name": export.name, "Value": export.value}
            for stack in self._all(call)
            if not stack.gone
            for export in stack.exports.values()
        ]
        return page(call, "Exports", exports)

    def list_imports(self, call: Call) -> Answer:
        """The stacks that import an export."""
        name = call.parameters["ExportName"]
        importers = self._importers((call.account_id, call.region), name)
        if not importers:
            raise invalid(f"Export '{name}' is not imported by any stack.")
        return page(call, "Imports", importers)

    def get_template(self, call: Call) -> Answer:
        """The text of a stack's template."""
        body = self._found(call).body
        return {"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]}

    def get_template_summary(self, call: Call) -> Answer:
        """What a template, or a stack's or StackSet's template, asks for."""
        if call.parameters.get("StackName"):
            return requests.summarized(parse(self._found(call).body))
        return requests.summarized(self._named_template(call))

    def validate_template(self, call: Call) -> Answer:
        """What a template asks for, if it is a template."""
        return requests.described(requests.template(self.simulation, call))
