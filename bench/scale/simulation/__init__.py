"""The simulation of workers that apply batches, and the keys and costs that it is fed with. No database."""
