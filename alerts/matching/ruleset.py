"""A folder of rules, loaded and proved; and the shell that keeps the last good one running."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from alerts.matching.engine import Engine
from alerts.matching.learned import Learned
from alerts.matching.loader import RuleFiles, read_files
from alerts.matching.nouns import Example, Pack, Rule, RuleError
from alerts.nouns import Verdict

RULES = Path(__file__).parent.parent / "rules"


class RuleSet:
    """Rules that have passed their own examples."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.engine = Engine(pack)
        self.hash = pack.hash
        self.topics = tuple(dict.fromkeys(rule.topic for rule in pack.rules))

    @classmethod
    def load(cls, folder: Path = RULES) -> "RuleSet":
        """Read and prove a folder of rules.

        Raises:
            RuleError: naming file, entry and key of what is wrong, or the rule and the example that it fails.
        """
        return _proved(read_files(folder))

    def with_learned(self, learned: Learned | None) -> "RuleSet":
        """The same rules with another learned opinion, or with none."""
        rules = self.pack.rules
        if not learned:
            rules = tuple(replace(rule, doubt=0.0) for rule in rules if not rule.learned)
        return RuleSet(replace(self.pack, rules=rules, learned=learned))

    def judge(self, title: str, body: str) -> Verdict:
        """What the rules say of an article."""
        return self.engine.judge(title, body)

    def failures(self) -> list[str]:
        """A line for each ``hits`` that a rule does not fire on and each ``misses`` that it does."""
        lines = []
        for rule in self.pack.rules:
            lines += [
                f"{rule.file}: rule {rule.id}: hits: does not fire on {e.title!r}"
                for e in rule.hits
                if not self._fires(rule, e)
            ]
            lines += [
                f"{rule.file}: rule {rule.id}: misses: fires on {e.title!r}"
                for e in rule.misses
                if self._fires(rule, e)
            ]
        return lines

    def _fires(self, rule: Rule, example: Example) -> bool:
        outcome = self.engine.try_rule(rule, self.engine.scan(example.title, example.body))
        return outcome is not None and outcome[1]


@lru_cache(maxsize=1)
def _proved(files: RuleFiles) -> RuleSet:
    """What the same files were read as before, once a process: many ask, and to read them takes a second."""
    rules = RuleSet(files.pack())
    if failures := rules.failures():
        raise RuleError("\n".join(failures))
    return rules


@dataclass(frozen=True, slots=True)
class RuleBook:
    """The rule set in force, and why the folder's newest state is not it (empty where it is)."""

    rules: RuleSet
    errors: tuple[str, ...] = ()

    def reload(self, folder: Path = RULES) -> "RuleBook":
        """The book after another look at the folder: a bad folder changes nothing but ``errors``."""
        try:
            rules = RuleSet.load(folder)
        except RuleError as error:
            return RuleBook(self.rules, tuple(str(error).splitlines()))
        return self if rules.hash == self.rules.hash and not self.errors else RuleBook(rules)
