"""``python -m faq.learn LESSON.json MODEL.npz``: the child process that learns, so that the server stays small."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from faq.model import save
from faq.training import Lesson, train


def main(arguments: list[str]) -> None:
    """Read the lesson, write the model."""
    lesson, model = map(Path, arguments)
    about = json.loads(lesson.read_text(encoding="utf-8"))
    save(
        train(Lesson(**{name: tuple(value) if isinstance(value, list) else value for name, value in about.items()})),
        model,
    )


if __name__ == "__main__":
    main(sys.argv[1:])
