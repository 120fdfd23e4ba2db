"""Which rules a text may satisfy at all, by one sum over its words.

A rule's expression has needs: sets of mentions of each of which one must be there. Bit k·n + r says that need k
of rule r (of n) is filled. The bits of all words joined, the rules left are those with every need filled: the cost
grows with the number of rules by machine words, not by objects.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from alerts.matching.nouns import Rule

FIELDS: Final = ("", "head:", "title:")  # where a need may have to be filled
ANY: Final = "any:"  # all of them: for a mention of which it is not known where it stands


class Prefilter:
    """The needs of all rules as bits."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = sorted(rules, key=lambda rule: rule.id)
        needs = [rule.when.needs() for rule in self.rules]
        self.count, self.depth = len(needs), max(map(len, needs), default=0)
        self.bits: dict[str, int] = defaultdict(int)  # concept, with one of FIELDS or ANY → what it fills
        self.filled = 0  # needs that a rule does not have
        for rule, its_needs in enumerate(needs):
            for number, need in enumerate(its_needs):
                for mention in need:
                    filled = 1 << (number * self.count + rule)
                    self.bits[mention] |= filled
                    self.bits[ANY + mention.rpartition(":")[2]] |= filled
            for number in range(len(its_needs), self.depth):
                self.filled |= 1 << (number * self.count + rule)

    def filled_by(self, names: Iterable[str], prefix: str = "") -> int:
        """The bits of concepts that are mentioned anywhere, in the ``head:``, in the ``title:``, or in ``ANY``."""
        bits = self.bits
        filled = 0
        for name in names:
            filled |= bits.get(prefix + name, 0)
        return filled

    def left(self, there: int) -> int:
        """Bit r is rule r: whether its every need is filled."""
        there |= self.filled
        left = (1 << self.count) - 1
        for _ in range(self.depth):
            left &= there
            there >>= self.count
        return left

    def candidates(self, there: int) -> list[Rule]:
        """The rules with every need filled by the bits of a text, by id."""
        left = self.left(there)
        found = []
        while left:
            lowest = left & -left
            found.append(self.rules[lowest.bit_length() - 1])
            left ^= lowest
        return found
