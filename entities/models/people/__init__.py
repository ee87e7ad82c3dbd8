"""The models of people's settings, of the tokens of their programs, and of their limits.

Imports `crmmirror.lib` only.
"""
