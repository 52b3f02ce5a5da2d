"""What the matcher knows of languages: folding, words, detection, spelling, and the courtesies around a question."""
