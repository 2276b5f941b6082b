#!/usr/bin/env python3
"""Run the demo and make the README's picture of what it prints: see "make screenshots"."""

import os
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
COLUMNS = 165
# On a terminal these lines are a bar, which goes away.
PROGRESS = re.compile(r"^[\w:' -]+: \d+ of \d+\n", re.MULTILINE)
# The beginning of a line, and how the demo prints such a line on a terminal.
STYLES = {r"^\d  .*$": "bold", r"^  [$+] .*$": "cyan", r"^what  .*$": "bold"}


def main() -> int:
    """Its exit code is that of the demo."""
    with TemporaryDirectory() as place:
        demo = f"{place}/demo"
        baseline = str(Path(sys.executable).with_name("baseline"))
        done = subprocess.run(
            [baseline, "demo", "--directory", demo],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env={**os.environ, "COLUMNS": str(COLUMNS), "PYTHONUNBUFFERED": "1"},
        )
        said = done.stdout.replace(demo, "demo").replace(str(ROOT), "/home/you/aws-baseline")
    if done.returncode:
        print(said, file=sys.stderr)
        return done.returncode
    picture = Text(PROGRESS.sub("", said.strip()))
    for pattern, style in STYLES.items():
        picture.highlight_regex(f"(?m){pattern}", style)
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    console.print(picture)
    console.save_svg(str(ROOT / "docs/images/demo.svg"), title="make demo")
    return 0


if __name__ == "__main__":
    sys.exit(main())
