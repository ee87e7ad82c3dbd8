"""HubSpot: lists of events, each with one property of one object; a record arrives in pieces, in any order.

Source: the vendor's documentation of its webhooks (API v3). The classic types name the kind of object
(`contact.creation`), the generic ones have it in `objectTypeId` (`object.creation` with `0-1`). A retry has
another `attemptNumber`, and so is another event that says the same.

Which stages are won or lost is said by the account's pipelines, which no event carries: a deal has its stage,
and no status.
"""

from entities.signature_language import Signature
from entities.vendor_language import (
    EVENT_TIME,
    Entity,
    EventType,
    Rank,
    Spelling,
    Vendor,
    event_types,
    same_names,
)

ACCOUNT = Entity("subaccount", id="portalId", columns={})
CONTACT = Entity(
    "contact",
    id="objectId",
    columns=same_names("email phone")
    | {
        "first_name": "firstname",
        "last_name": "lastname",
        "company_name": "company",
        "job_title": "jobtitle",
        "lifecycle_stage": "lifecyclestage",
        "created_at": "createdate",
        "client": "associatedcompanyid",
        "owner_ref": "hubspot_owner_id",
    },
)
COMPANY = Entity(
    "client",
    id="objectId",
    columns=same_names("name phone") | {"website": "website domain", "created_at": "createdate"},
)
DEAL = Entity(
    "deal",
    id="objectId",
    columns={
        "title": "dealname",
        "value": "amount",
        "stage_ref": "dealstage",
        "pipeline_ref": "pipeline",
        "expected_close_date": "closedate",
        "owner_ref": "hubspot_owner_id",
        "created_at": "createdate",
    },
)

SIGNATURE = Signature(
    "hmac-sha256",
    header="X-HubSpot-Signature-v3",
    signed="{method}{url}{body}{time}",
    encoding="base64",
    time="header:X-HubSpot-Request-Timestamp",
    time_unit="milliseconds",
    url_characters=":/?@!$'()*,;",
)
VERBS = "creation deletion propertyChange restore"
CREATION = {"created_at": EVENT_TIME}
# The survivor of a merge may be a new object.
SURVIVOR = "newObjectId primaryObjectId objectId"
MERGED = "mergedObjectIds primaryObjectId"
FROM_CONTACT_TO_COMPANY = EventType(
    CONTACT, id="fromObjectId", columns={"client": "toObjectId"}, ended="associationRemoved"
)
FROM_DEAL_TO_COMPANY = EventType(
    DEAL, id="fromObjectId", columns={"client": "toObjectId"}, ended="associationRemoved"
)
FROM_DEAL_TO_CONTACT = EventType(
    DEAL, id="fromObjectId", columns={"contact": "toObjectId"}, ended="associationRemoved"
)

VENDOR = Vendor(
    name="hubspot",
    label="HubSpot",
    signatures=(SIGNATURE,),
    batch=".",
    type=("subscriptionType", "objectTypeId", "associationType"),
    time="occurredAt",
    payload=".",
    property_keys=("propertyName", "propertyValue"),
    delivery_keys=(
        "eventId subscriptionId appId attemptNumber changeSource sourceId changeFlag isSensitive"
        " numberOfPropertiesMoved newObjectId objectId fromObjectId toObjectId fromObjectTypeId"
        " toObjectTypeId associationTypeId associationCategory isPrimaryAssociation"
    ),
    spelling=Spelling.SNAKE_CASE,
    scope=ACCOUNT,
    events=event_types("contact", CONTACT, VERBS, creation=CREATION)
    | event_types("object", CONTACT, VERBS, suffix=".0-1", creation=CREATION)
    | event_types("company", COMPANY, VERBS, creation=CREATION)
    | event_types("object", COMPANY, VERBS, suffix=".0-2", creation=CREATION)
    | event_types("deal", DEAL, VERBS, creation=CREATION)
    | event_types("object", DEAL, VERBS, suffix=".0-3", creation=CREATION)
    | {
        "contact.merge": EventType(CONTACT, id=SURVIVOR, merged=MERGED),
        "object.merge.0-1": EventType(CONTACT, id=SURVIVOR, merged=MERGED),
        "company.merge": EventType(COMPANY, id=SURVIVOR, merged=MERGED),
        "object.merge.0-2": EventType(COMPANY, id=SURVIVOR, merged=MERGED),
        "deal.merge": EventType(DEAL, id=SURVIVOR, merged=MERGED),
        "object.merge.0-3": EventType(DEAL, id=SURVIVOR, merged=MERGED),
        "contact.privacyDeletion": EventType(CONTACT, Rank.DELETED),
        "object.privacyDeletion.0-1": EventType(CONTACT, Rank.DELETED),
        "contact.associationChange.CONTACT_TO_COMPANY": FROM_CONTACT_TO_COMPANY,
        "object.associationChange.CONTACT_TO_COMPANY": FROM_CONTACT_TO_COMPANY,
        "deal.associationChange.DEAL_TO_COMPANY": FROM_DEAL_TO_COMPANY,
        "object.associationChange.DEAL_TO_COMPANY": FROM_DEAL_TO_COMPANY,
        "deal.associationChange.DEAL_TO_CONTACT": FROM_DEAL_TO_CONTACT,
        "object.associationChange.DEAL_TO_CONTACT": FROM_DEAL_TO_CONTACT,
    },
    unsampled={
        "contact": "createdate phone",
        "client": "website",
    },
)
