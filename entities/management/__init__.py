"""Django's place for the commands of `entities`. Nothing but commands belongs here; may import all of `entities`."""
