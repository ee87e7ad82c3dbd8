"""The formats in which Django itself writes dates and times, such as in the history of a source."""
