"""What belongs to people: their settings, the tokens of their programs, what they are limited to.

Imports `crmmirror.lib` only.
"""
