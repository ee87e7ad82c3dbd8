"""The page of one event: its outcome, what to do about it, the records that it touched, body and delivery."""
