"""An owner's own embedding: a real ONNX model, made here byte by byte, run by onnxruntime."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import tokenizers
from numpy.typing import NDArray

from bot.config import load_settings
from bot.tailoring import knowledge_settings
from faq.embedding.choice import open_embedder
from faq.embedding.onnx import OnnxEmbedder
from faq.errors import EmbeddingUnusable, LearningError
from faq.knowledge import Knowledge
from faq.match import Question
from faq.matcher import MatcherSettings, learn
from faq.publishing import KnowledgeSettings
from tests.faq.test_traffic import NOW
from tests.faq.writing import ACCOUNT, PAYMENT, SMALL_TALK, VARIABLES, faq_of, write_faq

MEANINGS = (
    ("refund", "money", "cash", "blorptok"),
    ("account", "profile"),
    ("password", "passphrase"),
    ("hello", "hi", "greetings"),
    ("arrive", "purchase", "gems", "delivery"),
)
WORDS = ["[UNK]", "[PAD]", *(word for together in MEANINGS for word in together), "i", "want", "my", "a", "the", "back"]


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def field(number: int, value: int | bytes | str) -> bytes:
    """One field of a protocol buffer message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    content = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(content)) + content


def declared(name: str, kind: int, shape: Iterable[str]) -> bytes:
    dimensions = b"".join(field(1, field(2, each)) for each in shape)
    return field(1, name) + field(2, field(1, field(1, kind) + field(2, dimensions)))


def onnx_model(vectors: NDArray[np.float32], asks_for: str = "input_ids", operator: str = "Gather") -> bytes:
    """A model that looks every token up in a table: the simplest sentence encoder (onnx.proto, opset 17)."""
    table = b"".join(field(1, size) for size in vectors.shape)
    table += field(2, 1) + field(8, "table") + field(9, vectors.astype("<f4").tobytes())
    node = field(1, "table") + field(1, asks_for) + field(2, "hidden") + field(4, operator)
    graph = field(1, node) + field(2, "encoder") + field(5, table)
    graph += field(11, declared(asks_for, 7, ("texts", "tokens")))
    graph += field(12, declared("hidden", 1, ("texts", "tokens", "size")))
    return field(1, 8) + field(7, graph) + field(8, field(1, "") + field(2, 17))


def vectors_of_words() -> NDArray[np.float32]:
    """Words of one meaning have one vector, with a little of their own."""
    vectors = np.random.default_rng(1).normal(scale=0.05, size=(len(WORDS), 16)).astype(np.float32)
    for place, together in enumerate(MEANINGS):
        for word in together:
            vectors[WORDS.index(word), place] += 1
    return vectors


def write_model(folder: Path, **changes: str) -> Path:
    folder.mkdir()
    (folder / "model.onnx").write_bytes(onnx_model(vectors_of_words(), **changes))
    known = tokenizers.models.WordLevel({word: place for place, word in enumerate(WORDS)}, unk_token="[UNK]")
    tokenizer = tokenizers.Tokenizer(known)
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_model(tmp_path / "encoder")


def test_meanings_are_near_each_other(folder: Path) -> None:
    embedder = open_embedder(folder)
    assert embedder is not None
    rows = embedder.embed(["my cash back", "i want a blorptok", "the passphrase", "nothing known"])
    assert rows.shape == (4, 16)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert rows[0] @ rows[1] > 0.7
    assert rows[0] @ rows[2] < 0.3
    assert embedder.embed([]).shape[0] == 0


def test_padding_changes_no_vector(folder: Path) -> None:
    embedder = OnnxEmbedder(folder)
    alone = embedder.embed(["refund"])[0]
    beside = embedder.embed(["refund", "i want my money back " * 20])[0]
    assert np.allclose(alone, beside, atol=1e-6)


def test_the_first_token_may_stand_for_the_text(folder: Path) -> None:
    plain = OnnxEmbedder(folder)
    (folder / "embedding.json").write_text('{"pooling": "first", "most_tokens": 3, "prefix": "refund "}')
    chosen = OnnxEmbedder(folder)
    assert np.allclose(chosen.embed(["the passphrase"]), plain.embed(["refund"]), atol=1e-6)
    assert chosen.name != plain.name


def test_the_matcher_answers_what_only_the_meaning_tells(tmp_path: Path, folder: Path) -> None:
    """From the folder to the verdict: learned in the child process, asked in this one."""
    faq = faq_of(ACCOUNT, PAYMENT, SMALL_TALK)
    chosen = MatcherSettings(answer_above=0.5, suggest_above=0.1, embedding_folder=folder)
    with_it = learn(faq, chosen, tmp_path / "cache")
    without = learn(faq, MatcherSettings(answer_above=0.5, suggest_above=0.1, semantic=False), tmp_path / "cache")
    assert with_it.uses_embedding
    question = Question("i want the blorptok")
    best, by_words = with_it.match([question])[0].best, without.match([question])[0].best
    assert best is not None
    assert by_words is not None
    assert best.entry_id == "payment-refund"
    assert best.reasons["scored_by"] == "words and embedding"
    assert float(best.reasons["class_score"]) > 0.8 > float(by_words.reasons["class_score"])


def broken(what: str, folder: Path) -> Path:
    if what == "no folder":
        return folder / "elsewhere"
    if what == "no model":
        (folder / "model.onnx").unlink()
    elif what == "no files":
        (folder / "model.onnx").unlink()
        (folder / "tokenizer.json").unlink()
    elif what == "no onnx":
        (folder / "model.onnx").write_bytes(b"<html>not found</html>")
    elif what == "no tokenizer":
        (folder / "tokenizer.json").write_text("{}")
    elif what == "other inputs":
        return write_model(folder / "other", asks_for="audio")
    elif what == "unknown option":
        (folder / "embedding.json").write_text(json.dumps({"poling": "mean"}))
    elif what == "wrong option":
        (folder / "embedding.json").write_text(json.dumps({"pooling": "median"}))
    return folder


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("no folder", "there is no folder"),
        ("no model", "there is no model.onnx in"),
        ("no files", "no model.onnx and no tokenizer.json"),
        ("no onnx", "is no model that onnxruntime can run"),
        ("no tokenizer", "is no tokenizer"),
        ("other inputs", "asks for audio; what can be given is input_ids"),
        ("unknown option", "poling"),
        ("wrong option", '"pooling" is one of mean, first'),
    ],
)
def test_what_cannot_be_used_is_said(folder: Path, what: str, says: str) -> None:
    with pytest.raises(EmbeddingUnusable, match=says):
        open_embedder(broken(what, folder))


async def test_a_server_with_a_wrong_folder_does_not_start(tmp_path: Path) -> None:
    chosen = MatcherSettings(embedding_folder=tmp_path / "nowhere")
    settings = KnowledgeSettings(write_faq(tmp_path / "entries"), tmp_path / "cache", VARIABLES, chosen)
    with pytest.raises(EmbeddingUnusable, match="no folder"):
        await Knowledge.open(settings, lambda: NOW)


def test_a_model_that_breaks_before_learning_is_named_without_a_traceback(tmp_path: Path, folder: Path) -> None:
    embedder = OnnxEmbedder(folder)
    (folder / "model.onnx").write_bytes(b"cut off")
    faq = faq_of(ACCOUNT, PAYMENT)
    with pytest.raises(LearningError, match=r"^\S+model\.onnx is no model") as raised:
        learn(faq, MatcherSettings(embedding_folder=folder), tmp_path / "cache", embedder)
    assert "Traceback" not in str(raised.value)


def test_the_folder_is_a_setting_meant_from_the_settings_own_folder(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("faq:\n  embedding: models/mine\n")
    settings = load_settings(tmp_path / "config.yaml", environment={})
    assert knowledge_settings(settings).matcher.embedding_folder == tmp_path / "models" / "mine"
    (tmp_path / "config.yaml").write_text("faq:\n  embedding:\n")
    settings = load_settings(tmp_path / "config.yaml", environment={})
    assert knowledge_settings(settings).matcher.embedding_folder is None
