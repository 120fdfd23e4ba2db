"""Rules that flag articles: Arabic words in concepts, expressions over them, and proof of each."""

from alerts.matching.nouns import RuleError
from alerts.matching.ruleset import RuleBook, RuleSet

__all__ = ["RuleBook", "RuleError", "RuleSet"]
