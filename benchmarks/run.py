"""Print the ratios of every benchmark, or of those named on the command line."""

import importlib
import sys

BENCHMARKS = {
    "start-up": "start_up",
    "stack-set": "stack_set",
    "plan": "plan",
    "validate": "validate",
    "audit": "audit",
    "merge": "merge",
    "findings": "findings",
    "report": "report",
    "lake": "lake",
    "stages": "stages",
    "cold": "cold",
    "manifest": "manifest",
    "detections": "detections",
    "flow-logs": "flow_logs",
}


def main(names: list[str]) -> int:
    """Run the benchmarks called ``names``; all of them when there are none."""
    unknown = set(names) - set(BENCHMARKS)
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    for name in names or BENCHMARKS:
        for line in importlib.import_module(BENCHMARKS[name]).measure():
            print(f"{name:<10} {line}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
