"""The FAQ of a small invented game, for tests that need one which is learned at once."""

GOBLIN_AND_LAMP = """\
topic: game
title: {en: Game}
entries:
  - id: goblin
    title: {en: Beating the goblin}
    phrasings:
      en: [how do i beat the goblin, the goblin is too strong, what beats a goblin]
    answer:
      en: Use the **silver lamp**.
  - id: lamp
    title: {en: Oil for the lamp}
    phrasings:
      en: [where do i get lamp oil, my lamp is out of oil, how to refill the lamp]
    answer:
      en: Ask the miller.
"""

GAME = (
    GOBLIN_AND_LAMP
    + """\
  - id: refund
    title: {en: Getting money back}
    handoff: always
    phrasings:
      en: [i want my money back, refund please, how do i get a refund]
    answer:
      en: Our team looks at every payment by hand.
"""
)
