"""The crash matrix: real processes killed at named steps and at random moments, and a checker that believes nobody.

``launcher`` runs the program with a step to die at or a planted fault, ``steps`` and ``planted`` wrap it from outside;
``town``, ``discord_town`` and ``web_town`` surround it, with an agent at the console; ``checker`` compares what
the fakes saw with the tables and imports nothing of the application; ``matrix`` runs it all; ``python -m tests.crash``
is ``make crash``.
"""
