"""The labelled texts of this repository, and the command that teaches the learned opinion from them.

python -m tests.eval.gold        writes alerts/rules/learned.tsv anew
"""

from collections.abc import Iterator
from pathlib import Path

from rich.progress import Progress

from alerts.matching import RuleSet
from alerts.matching.learned import write_learned
from alerts.matching.loader import LEARNED, read_files
from alerts.matching.ruleset import RULES
from alerts.matching.trials import Labelled, Text
from tests.eval.training import MODELS, ROUNDS, fingerprint, train

HERE = Path(__file__).parent
TAUGHT = HERE / "learned.sha256"  # what the shipped table was taught from: to teach it anew takes minutes
TOPICS = {"G": "gambling", "F": "fraud", "T": "trafficking"}


def own_gold(file: str = "matching-gold.tsv") -> Iterator[Labelled]:
    """Titles, some with a lead: topic letters (or -), countries, title, lead."""
    for number, line in enumerate((HERE / file).read_text(encoding="utf-8").splitlines(), 1):
        letters, places, title, *body = line.split("\t")
        yield Labelled(
            Text(f"line {number}", title, body[0] if body else ""),
            frozenset(TOPICS[letter] for letter in letters if letter in TOPICS),
            frozenset(filter(None, places.split(","))),
        )


def harder_gold() -> Iterator[Labelled]:
    """As our own gold, of texts that tell without the plain word, and of their look-alikes."""
    return own_gold("matching-harder.tsv")


def hard_negatives() -> list[str]:
    """Titles that use our words and tell of something else."""
    return (HERE / "matching-hard-negatives.txt").read_text(encoding="utf-8").splitlines()


def lessons() -> list[Labelled]:
    """All that the opinion is taught from."""
    return [
        *own_gold(),
        *harder_gold(),
        *(Labelled(Text(line, line), frozenset()) for line in hard_negatives()),
    ]


def main() -> None:
    rules = RuleSet(read_files(RULES).pack())
    with Progress(transient=True) as bar:
        tasks = {topic: bar.add_task(topic, total=MODELS * ROUNDS) for topic in rules.topics}
        learned = train(rules, lessons(), lambda topic, number: bar.update(tasks[topic], completed=number))
    (RULES / LEARNED).write_text(write_learned(learned), encoding="utf-8")
    TAUGHT.write_text(fingerprint(rules, lessons()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
