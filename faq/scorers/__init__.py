"""The parts that score a question against the FAQ, each behind the same small port."""
