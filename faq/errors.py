"""What can go wrong in the FAQ."""


class FaqError(Exception):
    """Anything the FAQ package raises on purpose."""


class LearningError(FaqError):
    """The child process that learns the FAQ failed; the message is the end of what it printed."""
