"""What befalls those whom an article counts: one table for all who tell, weigh or compare it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fate:
    """One thing that befalls people."""

    name: str
    harms: bool = False  # whom it befell came to harm, or out of it: Arabs among them raise the level
    below: bool = False  # believed where it stands below the lead
    ambient: bool = False  # counted in the background of any article: no news by itself


# In the order it is told.
_TABLE = (
    Fate("killed", harms=True, below=True),
    Fate("injured", harms=True, below=True),
    Fate("rescued", harms=True, below=True),
    Fate("returned", harms=True, below=True),
    Fate("released", harms=True, below=True),
    Fate("victims", harms=True, ambient=True),
    Fate("arrested", below=True),
    Fate("deported", harms=True, below=True),
    Fate("extradited", below=True),
    Fate("convicted"),
    Fate("sentenced"),
    Fate("executed"),
    Fate("sold", harms=True, ambient=True),
)

FATES = tuple(fate.name for fate in _TABLE)
HARMS = frozenset(fate.name for fate in _TABLE if fate.harms)
BELOW = frozenset(fate.name for fate in _TABLE if fate.below)
AMBIENT = frozenset(fate.name for fate in _TABLE if fate.ambient)
