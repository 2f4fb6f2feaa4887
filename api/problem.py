"""How a refusal looks to a program (RFC 9457): why not, and what to do."""

from marshmallow import Schema, fields


class Issue(Schema):
    """One thing that is wrong in what was sent."""

    place = fields.String(data_key="in", required=True)
    name = fields.String(required=True)
    detail = fields.String(required=True)


class Problem(Schema):
    """Why not, and what to do (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)
    trace_id = fields.String(data_key="traceId", required=True)
    issues = fields.List(fields.Nested(Issue))
    used_on = fields.Date(
        data_key="usedOn", metadata={"description": "De dag waarop de cheque al gebruikt is."}
    )
    valid_until = fields.Date(
        data_key="validUntil", metadata={"description": "De laatste dag van het boekje."}
    )
    state = fields.String(metadata={"description": "Hoe het boekje nu is."})
    allowed = fields.List(
        fields.String(), metadata={"description": "Hoe het boekje van daar nog kan worden."}
    )
    retry_after = fields.Integer(
        data_key="retryAfter", metadata={"description": "Hoeveel seconden je best wacht."}
    )
