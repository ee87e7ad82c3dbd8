"""The benchmarks that `make bench` runs: one module per figure, and the tools that they share.

It may import all of the project; nothing imports it. Models are imported inside the functions, because Django
is set up only when the benchmarks' servers run.
"""
