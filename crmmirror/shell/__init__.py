"""The frame around the admin's pages: its navigation. May name any page; imports `entities` and `events`."""
