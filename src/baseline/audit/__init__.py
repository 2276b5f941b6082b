"""Audits: Prowler and ScoutSuite over many accounts, each result told as it is.

``tools`` says how one tool is run and read, ``environments`` installs it apart from everything
else, ``schedule`` gives every account its slot, ``results`` tells whether the tool really looked
and ``doubts`` which answers it could not know, ``manifest`` remembers a run. "Could not
look" is never "nothing found".
"""
