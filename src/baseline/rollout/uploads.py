"""Templates that are too large to be sent as text go through a bucket of the baseline's own."""

import hashlib

from baseline import templates
from baseline.rollout.catalogue import Baseline, Stack, StackSet
from baseline.sessions import Session

_DOMAINS = {"aws-cn": "amazonaws.com.cn"}


def template(session: Session, baseline: Baseline, stack: Stack | StackSet) -> dict[str, str]:
    """How CloudFormation is given a template: as text, or by a URL.

    Results of queries lie in the same bucket, and nothing there is kept for long: CloudFormation
    reads the object once, with the permissions of whoever deploys.
    """
    body = stack.body.encode()
    if len(body) <= templates.MAX_BODY:
        return {"TemplateBody": stack.body}
    bucket, region = baseline.bucket("query-results"), baseline.home_region
    key = f"templates/{stack.name}-{hashlib.sha256(body).hexdigest()[:16]}.yaml"
    session.client("s3", region).put_object(
        Bucket=bucket, Key=key, Body=body, ExpectedBucketOwner=session.account_id
    )
    domain = _DOMAINS.get(session.partition, "amazonaws.com")
    return {"TemplateURL": f"https://{bucket}.s3.{region}.{domain}/{key}"}
