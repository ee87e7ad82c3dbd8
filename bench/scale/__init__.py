"""Measurements of scale: the costs of an event, and several workers, measured and simulated.

`python -m bench.scale` prints the tables of docs/scale.md. It may import all of the project and the other
benchmarks; nothing imports it. As there, models are imported inside the functions.
"""
