"""Tell text that was harmed on its way: replacement characters, and Arabic that was read in a wrong charset."""

LEAST_LETTERS = 12  # fewer say nothing
LOST = 0.02  # share of U+FFFD among all letters
FOREIGN = 0.15  # share of accented Latin letters: Arabic that was read as Latin-1 (Ø§Ù„, ÇáÎÈÑ)
DOUBLED = (
    0.3  # share of ط and ظ, every second letter of UTF-8 that was read as windows-1256 (ط§ظ„); usually 0.02
)


def is_damaged(text: str) -> bool:
    """Whether a text of an Arabic outlet is unreadable for a person."""
    letters = [char for char in text if char.isalpha() or char == "\ufffd"]
    if len(letters) < LEAST_LETTERS:
        return False
    lost, doubled = letters.count("\ufffd"), letters.count("ط") + letters.count("ظ")
    foreign = sum("\u0080" <= char <= "\u024f" for char in letters)
    size = len(letters)
    return lost > LOST * size or foreign > FOREIGN * size or doubled > DOUBLED * size
