"""The roll-out: what should be, what is, the difference as a value, and doing it.

What should be (pure), from below:

- ``catalogue``: stacks, StackSets, and the baseline that they make, as values; who needs whom.
- ``adoption``: what is there already and stays.
- ``extent``: the accounts and regions that are rolled out; ``consistency``: whether that can be.
- ``wanted``: configuration and organization → the baseline, from ``wanted_stacks``,
  ``wanted_stack_sets`` and ``wanted_guardduty``.

What is to be done (pure):

- ``state``: what was found, as values; ``standing``: what of it cannot be changed, and is refused.
- ``steps``: steps and plans as values; ``choice``: which parts are meant.
- ``stack_steps``, ``stack_set_steps``, ``loose_steps``, ``delegation_steps``, ``account_steps``:
  the steps for each kind; ``chosen_steps``: which of all are taken.
- ``caveats``: what one should know besides.
- ``plan``: the difference, as steps in waves; ``removal``: a plan in reverse.
- ``cost``: what a baseline costs a month, with the price table ``prices.yaml``.

Looking and doing:

- ``reach``: the sessions with which accounts are administered and looked at.
- ``observe``: reads stacks and StackSets.
- ``preflight``: what AWS would refuse of a plan, from ``service_control`` (with the pure
  ``guardrails`` and ``making``), ``quotas`` and ``collisions``.
- ``kept_plan``: a plan in a file, and whether it still is what it would be.
- ``deploy``: carries a plan out, one outcome for each stack and stack instance.
- ``coverage`` with ``checks``: reads the services themselves in every account and region.
"""
