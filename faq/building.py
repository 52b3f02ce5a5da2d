"""``python -m faq.building JOB RESULT``: builds a FAQ in a child process.

So a save costs the server neither time on its event loop nor memory. Both files are pickles that only this program
writes and reads, in a folder of its own. A FAQ fit to be read lies in the cache; the result says so, and the rest.
"""

from __future__ import annotations

import os
import pickle
import sys
from dataclasses import replace
from pathlib import Path

from faq.errors import FaqError
from faq.publishing import build
from faq.traffic import read_traffic

_LATER = 10


def main(arguments: list[str]) -> None:
    """Read the job, build, leave the result."""
    job, result = map(Path, arguments)
    settings, now = pickle.loads(job.read_bytes())  # noqa: S301 - written by our own parent
    if settings.uses_traffic and read_traffic(settings.cache_folder):
        # Nobody waits for what is learned from traffic (see Knowledge): the players come first.
        os.nice(_LATER)
    try:
        judged = build(settings, now)
    except FaqError as error:
        raise SystemExit(str(error)) from error
    result.write_bytes(pickle.dumps((judged.faq is not None, replace(judged, faq=None))))


if __name__ == "__main__":
    main(sys.argv[1:])
