"""The roll-out: what should be, what is, the difference as a value, and doing it.

- ``catalogue``: configuration and organization → the stacks and StackSets that should be (pure).
- ``adoption``: what is there already and stays (pure).
- ``state``: what was found, as values (pure).
- ``plan``: the difference, as steps in waves (pure). Removal is a plan in reverse.
- ``reach``: the sessions with which accounts are administered and looked at.
- ``observe``: reads stacks and StackSets.
- ``preflight``: what AWS would refuse of a plan, from ``service_control`` (with the pure
  ``guardrails`` and ``making``), ``quotas`` and ``collisions``.
- ``kept_plan``: a plan in a file, and whether it still is what it would be.
- ``cost``: what a baseline costs a month, with the price table ``prices.yaml`` (pure).
- ``deploy``: carries a plan out, one outcome for each stack and stack instance.
- ``coverage`` with ``checks``: reads the services themselves in every account and region.
"""
