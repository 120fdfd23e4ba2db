"""The Telegram bot: subscribers choose what they are told, and say what they think of it.

What arrives (`nouns.Incoming`) is let in or not (`gate`), answered inside one transaction (`answering`, `commands`,
`looking`, `presses`), and the answer leaves at the pace all messages keep. Nothing is remembered outside the store:
a menu is drawn from rows, and a button carries, signed, all that it means.
"""
