"""The renderer of the API's answers: JSON by orjson, with times in their one shape."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

from entities.api.rows.json_values import write_time


class ValueEncoder(JSONEncoder):
    """Writes times as `write_time` does, and other values as the framework does."""

    def default(self, obj: Any) -> Any:
        return write_time(obj) if isinstance(obj, datetime) else super().default(obj)


ENCODER = ValueEncoder()
# They are legal in JSON, and end a line in the scripts of old browsers: the framework escapes them too.
LINE_SEPARATORS = {"\u2028".encode(): rb"\u2028", "\u2029".encode(): rb"\u2029"}


class OrjsonRenderer(JSONRenderer):
    """Renders JSON; leaves indented answers, and what orjson cannot write, to the framework's renderer."""

    encoder_class = ValueEncoder

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if data is None or self.get_indent(accepted_media_type or "", dict(renderer_context or {})):
            return super().render(data, accepted_media_type, renderer_context)
        try:
            content = orjson.dumps(data, ENCODER.default, orjson.OPT_PASSTHROUGH_DATETIME)
        except TypeError:
            # A document nested more than 254 deep, or an integer of more than 64 bits.
            return super().render(data, accepted_media_type, renderer_context)
        for separator, escaped in LINE_SEPARATORS.items():
            content = content.replace(separator, escaped)
        return content
