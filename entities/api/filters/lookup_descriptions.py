"""Descriptions of the lookups for the schema: each says which rows it finds."""

LOOKUP_DESCRIPTIONS = {
    "exact": "Equal to this value.",
    "in": "Equal to one of these values.",
    "not": "Not equal to this value; rows without a value too.",
    "not_in": "Equal to none of these values; rows without a value too.",
    "gt": "Greater than this value.",
    "gte": "Greater than or equal to this value.",
    "lt": "Less than this value.",
    "lte": "Less than or equal to this value.",
    "icontains": "Contains this text; upper and lower case are the same.",
    "isnull": "true: has no value; false: has a value.",
    "contains": "Contains all of this.",
    "overlap": "Contains at least one of these values.",
    "has_key": "Is an object with this key.",
}
TIME_DESCRIPTIONS = {
    "exact": "At this time; a date means at any time of that day, in UTC.",
    "in": "At one of these times; a date means at any time of that day, in UTC.",
    "not": "Not at this time; a date means not on that day, in UTC. Rows without a value too.",
    "not_in": "At none of these times; a date means not on that day, in UTC. Rows without a value too.",
    "gt": "After this time; a date means after the end of that day, in UTC.",
    "gte": "At this time or after it; a date means from the beginning of that day on, in UTC.",
    "lt": "Before this time; a date means before the beginning of that day, in UTC.",
    "lte": "At this time or before it; a date means until the end of that day, in UTC.",
}


CONTACT_DESCRIPTIONS = LOOKUP_DESCRIPTIONS | {
    "exact": "This email, in any case, or this phone number, in any notation.",
    "in": "One of these emails, in any case, or phone numbers, in any notation.",
    "not": "Not this email or phone number; rows without a value too.",
    "not_in": "None of these emails or phone numbers; rows without a value too.",
}
