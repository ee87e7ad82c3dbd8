"""The words of which an invented company is made."""

from random import Random

FIRST_NAMES = (
    *("Hana", "Tom", "Aisha", "José", "Mei", "Oluwaseun", "Zoë", "Иван", "Priya", "Lena", "Omar", "Yuki"),
    *("فاطمة", "Björn", "Chloé", "Rahul", "Noor", "Daniel", "Sofia", "Ahmed"),
)
LAST_NAMES = (
    *("Nguyen", "Weber", "Rahman", "Silva", "Chen", "Adeyemi", "van der Berg", "Иванов", "Kapoor", "Haddad"),
    *("Müller", "O'Brien", "Tanaka", "García", "Al Mansoori", "Larsen", "Dubois", "Smith", "Khan", "Okafor"),
)
COMPANIES = (
    *("Acme Trading", "Globex", "Initech", "Umbrella & Sons", "Stark Tools", "Hooli", "Wayne Interiors"),
    *("Al Noor Foods", "Marina Dental", "Blue Palm Realty", "Kranz GmbH", "Desert Logistics"),
)
CITIES = ("Dubai Marina", "Riyadh", "Berlin")
STAFF = ("Ada Vogel", "Karim Aziz", "Lena Fischer", "Sam Carter", "Ines Romero")
JOB_TITLES = ("CEO", "Office manager", "Head of purchasing", "CTO", "Owner", "Architect")
ORIGINS = ("Website", "Referral", "Instagram", "Cold call", "Trade fair")
TAGS = ("vip", "website-lead", "newsletter", "event-2025", "partner")
FORMS = ("Contact us", "Request a quote")
REQUESTS = ("Product demo", "Price of a full kitchen", "Call me back", "Office for 12 people", "Annual audit")
DEALS = ("Website redesign", "Kitchen and bath", "Integration expansion", "Annual license", "Office fit-out")
LEAD_STAGES = ("New", "Qualified")
# The numbers of the ids of the first stages.
FIRST_LEAD_STAGE, FIRST_DEAL_STAGE = 1, 11
DEAL_STAGES = ("Discovery", "Proposal", "Negotiation", "Contract")
LOST_REASONS = ("Price", "No answer", "Went to a competitor", "Postponed")
PRIORITIES = ("low", "medium", "high")
CURRENCIES = ("AED", "EUR", "")
METHODS = ("Bank transfer", "Card", "Cash")
CHANNELS = ("sms", "whatsapp", "email", "live_chat")
MESSAGES = (
    "Hi, I'd like to schedule an appointment",
    "Could you send the offer again, please?",
    "Thanks! 👍",
    "We need two weeks more to decide.",
    "مرحبا، هل لديكم موعد غداً؟",
    "Is delivery included in the price?",
)
APPOINTMENTS = ("30-minute consultation", "Site visit", "Product demo")
TASKS = ("Follow up", "Send the contract", "Check the measurements", "Call about the invoice")
# What stands before the digits of a phone number, and how many digits come after it.
PHONE_PREFIXES = (("+97150", 7), ("+9714", 7), ("+4930", 8), ("+96655", 7))


def make_phone(random: Random) -> str:
    """Return a phone number in international notation."""
    prefix, digits = random.choice(PHONE_PREFIXES)
    return prefix + "".join(random.choices("0123456789", k=digits))


def make_email(first: str, last: str, company: str, number: int) -> str:
    """Return an address of a domain that is reserved for examples; the number keeps it apart from others'."""
    name = "".join(letter for letter in f"{first}.{last}".lower() if letter.isascii() and letter not in " '")
    domain = "".join(letter for letter in company.lower() if letter.isalnum() and letter.isascii())
    return f"{name.strip('.') or 'mail'}{number}@{domain}.example"
