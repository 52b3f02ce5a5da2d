"""The FAQ from and to the formats of other tools: a module for each, copy a sibling to add one."""
