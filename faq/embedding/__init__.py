"""Sentence embeddings: optional, behind one small port."""
