"""The page of one record: its facts with their former values, what refers to it, and how they are laid out.

Its head and strip are made by `record_head`, its timeline by `record_timeline`.
"""
