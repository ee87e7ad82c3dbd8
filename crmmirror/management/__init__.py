"""The commands of the project as a whole, which may import all of it; those of one app live in that app."""
