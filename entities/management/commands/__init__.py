"""The commands of `entities`: one module each, named as the command. No rule belongs here, only its call."""
