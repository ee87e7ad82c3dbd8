"""The reading of bodies: strict JSON, and the events that stand in it, each with its type, time and payload.

What an event says about records is read by the modules beside this room. Imports the vendors' language.
"""
