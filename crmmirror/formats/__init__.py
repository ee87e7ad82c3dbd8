"""How Django itself writes dates and times, as in the history of a source: one folder a language, no more."""
