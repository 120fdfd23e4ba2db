"""What operators see and do from their own chat; to everybody else these commands do not exist.

Their chat is a private one that `marsad operators` appointed, or a group, for its administrators. English, as all that
operators are told. A page is drawn from rows (`pages`, `lists`), a command (`commands`) opens one or does something, a
button (`presses`) carries, signed, what it does and the state it was drawn for.
"""
