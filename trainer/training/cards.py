"""The hyper-parameters that each model takes: their ranges, their defaults, and what is refused."""

import json
from pathlib import Path

from .errors import BadData

CARDS = json.loads((Path(__file__).parent / "cards.json").read_text(encoding="utf-8"))


def settle(model_type, given, weights):
    """Every hyper-parameter of a model, those not given at their defaults."""
    card = CARDS[model_type]
    if not isinstance(given, dict):
        raise BadData("hyperparams: must be an object")
    unknown = sorted(set(given) - set(card))
    if unknown:
        known = ", ".join(card)
        raise BadData(f"hyperparams.{unknown[0]}: {model_type} has no such parameter; it has {known}")
    settled = {name: _settle_one(name, rule, given.get(name)) for name, rule in card.items()}
    if weights != "scratch":
        for name, rule in card.items():
            if rule.get("scratch_only") and settled[name] != rule["default"]:
                raise BadData(
                    f"hyperparams.{name}: pretrained weights have {rule['default']}; "
                    'leave it out, or train with weights "scratch"'
                )
    if model_type == "distilbert" and settled["dimension"] % settled["heads"]:
        raise BadData("hyperparams.heads: must divide dimension without a rest")
    return settled


def _settle_one(name, rule, value):
    if value is None:
        return rule["default"]
    if rule["kind"] == "choice":
        if value not in rule["of"]:
            raise BadData(f"hyperparams.{name}: must be one of {', '.join(rule['of'])}")
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadData(f"hyperparams.{name}: must be a number")
    if rule["kind"] == "integer":
        if int(value) != value:
            raise BadData(f"hyperparams.{name}: must be a whole number")
        value = int(value)
    if not rule["min"] <= value <= rule["max"]:
        raise BadData(f"hyperparams.{name}: must be from {rule['min']} to {rule['max']}")
    if value % rule.get("multiple_of", 1) and "multiple_of" in rule:
        raise BadData(f"hyperparams.{name}: must be a multiple of {rule['multiple_of']}")
    return value
