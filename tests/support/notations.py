"""The notations in which people search for one record: all of them must find it, on every way."""

import unicodedata

FIELDS = {
    "name": "José Müller",
    "title": "INV-437007 of Jane Smith",
    "email": "José.Muller@Acme-Tools.example",
    "mobile": "+971 4298053580",
}
OTHER_FIELDS = {
    "name": "Jane, daughter of Smith",
    "title": "INV-437008",
    "email": "iwan@globex.example",
    "mobile": "+971 4298053581",
}
NOTATIONS = [
    "+971 4 298 0535 80",
    "00971-4298053580",
    "9714298053580",
    "04298053580",
    "+971 (0)4298 053580",
    "8053580",
    "\u202a+971 4298 053580\u202c",
    "\u0664\u0662\u0669\u0668\u0660\u0665\u0663\u0665\u0668\u0660",
    "jose",
    "José",
    unicodedata.normalize("NFD", "José"),
    "MÜLLER",
    "muller jos",
    '"Jane Smith"',
    "437007",
    "inv-437007",
    "josé.muller@acme-tools.example",
    "acme-tools.example",
    "tools muller",
    "L-7/x",
]
