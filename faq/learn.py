"""``python -m faq.learn LESSON.json MODEL.npz``: the child process that learns, so that the server stays small."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from faq.embedding.choice import EmbeddingCache, open_embedder
from faq.embedding.lens import lens_for
from faq.embedding.letters import small_letters
from faq.errors import FaqError
from faq.language.background import backgrounds
from faq.model import save
from faq.training import Lesson, train


def main(arguments: list[str]) -> None:
    """Read the lesson, write the model."""
    source, target = map(Path, arguments)
    about: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    folder, embedder_name = about.pop("embedding_folder"), about.pop("embedder")
    about.pop("form")
    given: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in about.items()}
    lesson = Lesson(**given)
    strangers = backgrounds(lesson.languages)
    try:
        embedder = None if embedder_name is None else open_embedder(None if folder is None else Path(folder))
    except FaqError as error:
        raise SystemExit(str(error)) from error
    texts = [small_letters(text) for text in (*lesson.every, *strangers)]
    embedded = None if embedder is None else EmbeddingCache(embedder, target.parent).embed(texts)
    lens = None if embedder is None else lens_for(embedder.name, texts[: len(lesson.texts)])
    save(train(lesson, strangers, embedded, lens=lens), target)


if __name__ == "__main__":
    main(sys.argv[1:])
