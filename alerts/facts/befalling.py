"""What befell the people that a number counts, by the words around it."""

from collections.abc import Sequence

from alerts.facts.lexicon import Lexicon
from alerts.facts.numbers import Number
from alerts.facts.tokens import Word, stem

_CLAUSE = 10  # words behind the number
_UPON = frozenset({"علي", "بحق", "ضد", "ل"})
NEAR = 7  # words between a deed and the people it counts


def deed(lexicon: Lexicon, text: Sequence[Word], number: Number, held: str, near: int = NEAR) -> str:
    """What befell the counted people: the nearest deed before the number in its sentence, else just after.

    Empty where no deed stands there, or one that was not done. ``held`` is what befell those whom the article
    calls held where the clause itself does not say.
    """
    for at in range(number.first - 1, max(-1, number.first - near - 1), -1):
        if text[at].is_break:
            break
        if lexicon.holding.tells(text[at]):
            return "" if lexicon.doubt.holds(text, at) else held_role(lexicon, text, at, held)
        if _wrongs(lexicon, text, at, number):
            return "" if lexicon.doubt.holds(text, at) else "victims"
        role = _told(lexicon, text, at)
        if role is not None:
            return role if _reaches(lexicon, text, at, number, role) else ""
        if stem(text[at].folded) in lexicon.carries:
            aboard = any(stem(word.folded) in lexicon.carriers for word in text[max(0, at - 3) : at])
            return "returned" if aboard else ""
        fate = lexicon.fates.get(stem(text[at].folded), "suspects")
        if fate not in {"suspects", "missing"} and _tallies(lexicon, text, at, number):
            return fate
    for at, following in enumerate(text[number.last : number.last + 3], number.last):
        if following.is_break:
            break
        if stem(following.folded) in lexicon.holding.deeds:  # «كانوا محتجزين» is what was before
            return lexicon.holding.read(text, at)
        role = _told(lexicon, text, at)
        if role is not None:
            return role
    return _befell(lexicon, text[number.last : number.last + _CLAUSE])


def _reaches(lexicon: Lexicon, text: Sequence[Word], at: int, number: Number, role: str) -> bool:
    """Whether a deed befell those behind a number, and not another whom the words between name.

    «توقيف سمسارين أرسلا 41 امرأة»: the women were not arrested; «القبض على 3 رجال», «توقيف زعيم و12 من أعوانه» are.
    """
    between = text[at + 1 : number.first]
    joined = text[number.first].folded.startswith("و") or (between and between[-1].folded in {"و", "هم"})
    if text[at].folded.startswith("و") and at and role:  # «مقتل وإصابة 60»: how many of either nobody says
        other = _told(lexicon, text, at - 1)
        if other and other != role:
            return False
    if any(word.folded in lexicon.doubt.done for word in between):
        return False  # «السجن لرجل بعد احتياله على 11 مسنا»
    if role == "sentenced" and not joined:
        return _sentences(lexicon, text, at, number)
    if joined or not between or any(stem(word.folded) in lexicon.composed for word in between[-3:]):
        return True
    first = between[0].folded
    if text[at].folded in lexicon.doubt.nouns and not first.startswith("ال") and lexicon.is_person(first):
        return False  # «اعتقال شرطي ساعد 20 مهاجرا»
    others = any(_is_object(lexicon, word) for word in between[:-1])
    return not others and not any(_opens(lexicon, word) for word in between)


def _opens(lexicon: Lexicon, word: Word) -> bool:
    """Whether a word begins what is told next: «وأسر», not «ونحو», «والجيش», «ولاوس», «وحدة»."""
    rest = word.folded.removeprefix("و")
    if rest == word.folded or len(rest) < 3 or rest.startswith("ال") or word.folded in lexicon.waw:
        return False
    known = rest in lexicon.numerals.begins or stem(rest) in lexicon.links or lexicon.is_person(rest)
    return not known and next(lexicon.atlas.read([word]), None) is None


def _sentences(lexicon: Lexicon, text: Sequence[Word], at: int, number: Number) -> bool:
    """Whether a sentence was passed on the counted: «السجن لـ12», «قضت بسجن سبعة», «الحكم على 6»."""
    if text[number.first].folded.startswith("ل"):
        return True
    last = max(
        (
            n
            for n in range(at, number.first)
            if n == at or text[n].folded in _UPON or _punishes(lexicon, text, n)
        ),
        default=at,
    )
    further = [w for w in text[last + 1 : number.first] if stem(w.folded) not in lexicon.links]
    if (
        last == at
        and further
        and stem(further[0].folded) in lexicon.courts
        and text[at].folded in lexicon.convicts
    ):
        return True  # «أدانت محكمة في هانوي أربعة»
    return len(further) <= (0 if text[last].folded in _UPON else 1)


def _punishes(lexicon: Lexicon, text: Sequence[Word], at: int) -> bool:
    return lexicon.deeds.get(stem(text[at].folded)) == "sentenced"


def _is_object(lexicon: Lexicon, word: Word) -> bool:
    """Whether a word names somebody whom a deed befalls: no police, who do it."""
    found = stem(word.folded)
    if found in lexicon.holding.police:
        return False
    objects = lexicon.acts.objects.get(found, frozenset[str]())
    return lexicon.is_person(word.folded) or bool(objects & {"suspects", "victims", "people", "men"})


def _told(lexicon: Lexicon, text: Sequence[Word], at: int) -> str | None:
    """What the deed at a word makes of the counted, "" where it was not done; None where none stands there."""
    act, word = lexicon.act(text, at), stem(text[at].folded)
    if word in lexicon.courts:  # what a court does to whom, its verb says
        return None
    if act:
        return lexicon.roles.get(act, "")
    if act is None and word in lexicon.deeds:
        role = lexicon.deeds[word]
        return (
            "" if lexicon.doubt.holds(text, at, court=role in {"sentenced", "tried", "acquitted"}) else role
        )
    return "" if act == "" and lexicon.doubt.holds(text, at) else None


def _tallies(lexicon: Lexicon, text: Sequence[Word], at: int, number: Number) -> bool:
    """Whether a noun before a number names whom it counts: «عدد الضحايا في كمبوديا 40», «القتلى بلغوا 5»."""
    between = text[at + 1 : number.first]
    if text[number.first].folded.startswith("و") or any(word.folded == "و" for word in between):
        return False  # «9 قتلى و6 مفقودين»
    if all(stem(word.folded) in lexicon.links for word in between):
        return True
    return any(stem(word.folded) in lexicon.tallies for word in text[max(0, at - 2) : at])


def _wrongs(lexicon: Lexicon, text: Sequence[Word], at: int, number: Number) -> bool:
    """Whether a crime at word ``at`` befell the counted: «احتال على 40 امرأة», «بتهمة استدراج 40 شابا»."""
    crimes, word = lexicon.crimes, text[at].folded
    between = [each.folded for each in text[at + 1 : number.first]]
    further = [each for each in between if stem(each) not in lexicon.links and each not in crimes["goods"]]
    if word in crimes["against"]:
        return "علي" in between
    if word in crimes["named"]:
        return len(further) <= 1
    # «احتال 3 رجال على …»: who is counted right behind the verb that opens a clause may have done it.
    return word in crimes["done"] and bool(further or (at and not text[at - 1].is_break))


def _befell(lexicon: Lexicon, behind: Sequence[Word]) -> str:
    """What the clause says at last that they suffered."""
    for at, word in enumerate(behind):
        if word.is_break:
            return ""
        if stem(word.folded) in lexicon.befell:
            return "" if lexicon.doubt.holds(behind, at) else lexicon.befell[stem(word.folded)]
    return ""


def held_role(lexicon: Lexicon, text: Sequence[Word], at: int, held: str) -> str:
    """What befell held people: «إنقاذ المحتجزين», else what holding them was; empty where nobody says."""
    if stem(text[at].folded) not in lexicon.holding.captives:
        return lexicon.holding.read(text, at)
    befell = _told(lexicon, text, at - 1) if at else None
    if befell == "":
        return ""
    return befell or lexicon.holding.read(text, at) or held
