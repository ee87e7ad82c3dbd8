"""The models of people's settings, saved views and limits, and of the tokens of their programs.

Imports `crmmirror.lib` only.
"""
