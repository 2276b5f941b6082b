"""CloudTrail: events of every call, trails, their delivery with digests, and a past."""

from baseline.simulation.cloudtrail.history import History
from baseline.simulation.cloudtrail.incidents import PLANTED, Incident
from baseline.simulation.cloudtrail.service import CloudTrail

__all__ = ["PLANTED", "CloudTrail", "History", "Incident"]
