"""What is typed: a module per group of commands."""
