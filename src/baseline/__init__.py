"""AWS Baseline: roll out, prove, query and audit a security baseline across an AWS Organization.

The rooms, from the ground up; imports run downwards only:

- ``errors``: the tree of errors, each with its sentence.
- ``parallel``: work on many targets, one outcome each.
- ``configuration``: ``baseline.yaml``, environment and flags as frozen values.
- ``sessions``: the one door to AWS.
- ``organization``, ``templates``, ``logs``: accounts; CloudFormation; log objects.
- ``rollout``, ``audit``, ``query``: the three jobs, which do not know each other.
- ``report``, ``simulation``: what people read; the organization that stands in for AWS.
- ``cli``: the only place that prints, asks, exits and wires.
"""

VERSION = "0.1.0"
