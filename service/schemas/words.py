"""Reasons and purposes: texts that must say something in words."""


def in_words(text: str) -> str | None:
    """Return a text without white space to spare, None where it has no two letters or Chinese characters."""
    words = " ".join(text.split())
    return words if sum(map(str.isalpha, words)) >= 2 else None
