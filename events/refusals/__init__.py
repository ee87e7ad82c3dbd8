"""Refused deliveries: their reasons, answers, counts and samples; keeps no body, header or path; may import
`monitoring`, `models` and the ground floor."""
