"""Looks for the values of the person of `canaries` on every page of the admin and in the API's answers."""

import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus, urlencode

from django.test import Client

from crmmirror.api_urls import VIEWSETS
from entities.models.introspection import model_name, record_models
from tests.support import canaries
from tests.support.canaries import DIGITS, EMAIL, FORMER_EMAIL, HEFFL, ID, OTHER_NOTATION, PHONE, SEEDLY
from tests.support.crawler import crawl_admin, crawl_api

# What people ask for who look for her.
QUESTIONS = (EMAIL, FORMER_EMAIL, PHONE, "Jane Canary", ID)
# An island, which the choice of a time zone offers.
NAMESAKES = ("Atlantic/Canary", ">Canary</option>")
# How the page of a search understood the question of its address, if nothing was found.
QUESTION_IN_OTHER_WORDS = re.compile(r"No record was found\. Tried were:.*?</ul>", re.DOTALL)
Answers = dict[str, tuple[int, Any]]


def crawl_pages(client: Client, *, follows_queries: bool) -> Answers:
    """Return address -> status and text of each page that links lead to, and of the searches for her."""
    lists = ("search/", "events/event/", *(f"entities/{model_name(model)}/" for model in record_models()))
    also = [f"/admin/{path}?{urlencode({'q': words})}" for path in lists for words in QUESTIONS]
    for model in record_models():
        also.append(f"/admin/entities/{model_name(model)}/export/?format=csv")
        for row in model._default_manager.order_by("pk"):
            also.append(f"/admin/entities/{model_name(model)}/{row.pk}/timeline/")
    also += [f"/admin/events/event/?record={record}" for record in (f"client/{ID}", "deal/d1")]
    return crawl_admin(client, follows_queries=follows_queries, also=also)


def crawl_answers(client: Client, headers: dict[str, str]) -> Answers:
    """Return address -> status and content of each answer of the API, and of the searches for her."""
    also = [f"/api/v1/search/?{urlencode({'q': words})}" for words in QUESTIONS]
    also += [f"/api/v1/{name}/?{urlencode({'email': EMAIL})}" for name in VIEWSETS]
    return crawl_api(client, headers, also=also)


def ask_again(client: Client, answers: Answers, headers: dict[str, str] | None = None) -> Answers:
    """Return what the same addresses answer now."""
    again: Answers = {}
    for address in answers:
        answer = client.get(address, headers=headers)
        content = b"".join(answer) if answer.streaming else answer.content
        again[address] = answer.status_code, content.decode(errors="replace")
    return again


def find_values(answers: Answers) -> dict[str, list[str]]:
    """Return value of hers -> the addresses at which it stands; of no value that stands nowhere."""
    texts = {address: _read_text(address, content) for address, (_, content) in answers.items()}
    found = {
        value: [address for address, text in texts.items() if value.lower() in text]
        for value in list_values()
    }
    return {value: addresses for value, addresses in found.items() if addresses}


def list_values() -> list[str]:
    """Return each text of the events about her that is hers, and the forms in which any other may stand."""
    told = [payload for _, payload in (*HEFFL, *SEEDLY)]
    told += [canaries.client_payload(), canaries.client_payload(email=FORMER_EMAIL), canaries.deal_payload()]
    texts = {text for text in _walk(told) if "canary" in text.lower() or text in (PHONE, OTHER_NOTATION)}
    return sorted(texts | {"canary", DIGITS})


def _walk(value: Any) -> Iterator[str]:
    """Yield the texts in a JSON value."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _walk(one)
    elif isinstance(value, str):
        yield value


def _read_text(address: str, content: Any) -> str:
    """Return an answer in lower case, without the words of hers that stand in its own address."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    text = QUESTION_IN_OTHER_WORDS.sub("", unescape(text))
    for word in NAMESAKES:
        text = text.replace(word, "")
    for word in unquote_plus(address).replace("?", "/").replace("&", "/").replace("=", "/").split("/"):
        if "canary" in word.lower() or "765" in word:
            for form in _quoted_forms(word):
                text = text.replace(form, "")
    return text.lower()


def _quoted_forms(word: str) -> Iterator[str]:
    """Yield a word as it stands in an address, in an address in that one, and so on."""
    for quote_word in (quote, quote_plus):
        form = word
        for _ in range(3):
            yield form
            form = quote_word(form, safe="")
