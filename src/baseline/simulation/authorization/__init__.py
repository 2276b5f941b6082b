"""Whether a caller may: service control policies, permissions boundaries, identity policies.

- ``reference``: the actions that AWS knows, and which kinds of resources each is about.
- ``actions``: a call as the actions that IAM asks for, each on its resources, with condition keys.
- ``naming``: which resources a call means.
- ``principals``: what a caller holds, and what is over its account.
- ``resource_policies``: what the policies of buckets and keys deny.
- ``authorization``: the decision.
"""

from baseline.simulation.authorization.authorization import Authorization

__all__ = ["Authorization"]
