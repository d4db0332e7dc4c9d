"""Small functions for texts."""
import unicodedata


GERMAN = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"}


def fold(language, text):
    """The text without accents; language is a code such as "en" or "de"."""
    if language == "de":
        text = "".join(GERMAN.get(c, c) for c in text)
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(c for c in decomposed if unicodedata.category(c) != "Mn")


def shorten(text, length):
    """The text, cut to so many characters, the last of them an ellipsis where something was cut."""
    if len(text) <= length:
        return text
    return text[: length - 1] + "…"

