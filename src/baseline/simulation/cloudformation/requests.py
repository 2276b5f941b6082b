"""What the operations of CloudFormation have in common: templates, parameters, pages, names."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from baseline.errors import AwsError
from baseline.simulation import paging
from baseline.simulation.cloudformation import parameters
from baseline.simulation.cloudformation.template import (
    MAXIMUM_BODY,
    MAXIMUM_OBJECT,
    Template,
    parse,
)
from baseline.simulation.cloudformation.wanted import Tags, Wanted
from baseline.simulation.service import Call, Refusal

if TYPE_CHECKING:
    from baseline.simulation.simulation import Simulation

Answer = dict[str, Any]

PAGE = 100
_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")
_HOSTED = re.compile(r"(?P<bucket>.+)\.s3[.-](?:[a-z0-9-]+\.)?amazonaws\.com")


def invalid(message: str) -> Refusal:
    """CloudFormation's refusal for nearly everything."""
    return Refusal("ValidationError", message)


def check_name(name: str, field: str) -> None:
    """Refuse a name that stacks and StackSets cannot have."""
    if not _NAME.fullmatch(name):
        raise invalid(
            f"1 validation error detected: Value '{name}' at '{field}' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*"
        )


def page(call: Call, key: str, items: Sequence[Any]) -> Answer:
    """One page of ``items`` under ``key``, and where the next one begins."""
    given = call.parameters
    found, more = paging.page(
        items, given.get("NextToken"), given.get("MaxResults"), PAGE, "ValidationError"
    )
    return {key: found, **more}


def present(**values: Any) -> Answer:
    """The values that there are: what is None or empty is left out of an answer."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {}, ())}


def template(simulation: "Simulation", call: Call, previous: str = "") -> Template:
    """The template that a call gives, by its text or its URL, or means by UsePreviousTemplate."""
    given = call.parameters
    if "TemplateBody" in given:
        body = str(given["TemplateBody"])
        if len(body.encode()) > MAXIMUM_BODY:
            raise invalid(
                "1 validation error detected: Value at 'templateBody' failed to satisfy "
                f"constraint: Member must have length less than or equal to {MAXIMUM_BODY}"
            )
        return parse(body)
    if "TemplateURL" in given:
        return parse(_fetched(simulation, call, str(given["TemplateURL"])))
    if given.get("UsePreviousTemplate") and previous:
        return parse(previous)
    raise invalid("Either Template URL or Template Body must be specified.")


def _fetched(simulation: "Simulation", call: Call, url: str) -> str:
    parts = urlsplit(url)
    hosted = _HOSTED.fullmatch(parts.hostname or "")
    path = unquote(parts.path.lstrip("/"))
    bucket, key = (hosted["bucket"], path) if hosted else path.partition("/")[::2]
    if not bucket or not key:
        raise invalid("TemplateURL must be a supported URL.")
    client = simulation.client("s3", call.region, call.account_id)
    try:
        body: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
    except AwsError as error:
        raise invalid(f"S3 error: {error.what}") from error
    if len(body) > MAXIMUM_OBJECT:
        raise invalid(f"Template may not exceed {MAXIMUM_OBJECT} bytes in size.")
    return body.decode()


def wanted(
    call: Call, template: Template, previous: Mapping[str, str] | None = None, tags: Tags = ()
) -> Wanted:
    """What a call wants of a stack; refuses wrong parameters and missing capabilities."""
    template.check_capabilities(call.parameters.get("Capabilities") or ())
    given = parameters.given(call.parameters.get("Parameters") or (), previous)
    values = parameters.settle(template.parameters, given)
    if "Tags" in call.parameters:
        tags = tuple(dict(tag) for tag in call.parameters["Tags"])
    return Wanted(template, values, tags)


def shown(template: Template, values: Mapping[str, str]) -> list[dict[str, str]]:
    """Parameters as the API shows them."""
    return [
        {"ParameterKey": name, "ParameterValue": template.parameters[name].shown(value)}
        for name, value in values.items()
    ]


def described(template: Template) -> Answer:
    """What ValidateTemplate says of a template."""
    return present(
        Description=template.description,
        Parameters=[
            {
                **present(DefaultValue=parameter.default, Description=parameter.description),
                "ParameterKey": parameter.name,
                "NoEcho": parameter.hidden,
            }
            for parameter in template.parameters.values()
        ],
        **_needs(template),
    )


def summarized(template: Template) -> Answer:
    """What GetTemplateSummary says of a template."""
    return present(
        Description=template.description,
        Version="2010-09-09",
        ResourceTypes=sorted({resource.type for resource in template.resources.values()}),
        Parameters=[
            {
                **present(DefaultValue=parameter.default, Description=parameter.description),
                "ParameterKey": parameter.name,
                "ParameterType": parameter.type,
                "NoEcho": parameter.hidden,
                "ParameterConstraints": present(AllowedValues=list(parameter.allowed)),
            }
            for parameter in template.parameters.values()
        ],
        **_needs(template),
    )


def _needs(template: Template) -> Answer:
    types: Iterable[str] = template.iam_types
    reason = f"The following resource(s) require capabilities: [{', '.join(types)}]"
    return present(
        Capabilities=list(template.capabilities),
        CapabilitiesReason=reason if template.capabilities else None,
    )
