"""The command line: one small module per verb; nothing heavy is imported before a verb runs."""

from donornet.cli.verbs import main

__all__ = ["main"]
