"""The commands, one module each. A command reads arguments and prints; the rules stand elsewhere."""
