"""The ground floor: what all packages need. It imports neither `events`, `entities` nor the rest of `crmmirror`."""
