"""Tells what happened to a record and to those related to it: one sentence an event, with what changed."""
