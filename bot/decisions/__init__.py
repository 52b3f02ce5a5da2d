"""Pure functions from (situation, event) to effects: no I/O, no clock, no chance."""
