"""Every call held against aiogram's models and the documented limits: a second opinion on what we send."""

import inspect
import json
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Union, get_args, get_origin

import pydantic
from aiogram import methods
from aiogram.methods.base import TelegramMethod
from pydantic import BaseModel
from telegram.constants import (
    BotCommandLimit,
    BotDescriptionLimit,
    CallbackQueryLimit,
    InlineKeyboardButtonLimit,
    InlineKeyboardMarkupLimit,
    PollingLimit,
)

METHODS: dict[str, type[TelegramMethod[Any]]] = {
    cls.__api_method__: cls
    for _, cls in inspect.getmembers(methods, inspect.isclass)
    if issubclass(cls, TelegramMethod) and cls is not TelegramMethod
}
# (method or type, field) → (least, most, what is counted)
LIMITS: dict[tuple[str, str], tuple[int, int, Callable[[Any], int]]] = {
    ("InlineKeyboardButton", "callback_data"): (
        InlineKeyboardButtonLimit.MIN_CALLBACK_DATA,
        InlineKeyboardButtonLimit.MAX_CALLBACK_DATA,
        lambda data: len(data.encode()),
    ),
    ("InlineKeyboardMarkup", "inline_keyboard"): (
        0, InlineKeyboardMarkupLimit.TOTAL_BUTTON_NUMBER, lambda rows: sum(map(len, rows)),
    ),
    ("answerCallbackQuery", "text"): (0, CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH, len),
    ("setMyCommands", "commands"): (0, BotCommandLimit.MAX_COMMAND_NUMBER, len),
    ("BotCommand", "command"): (BotCommandLimit.MIN_COMMAND, BotCommandLimit.MAX_COMMAND, len),
    ("BotCommand", "description"): (BotCommandLimit.MIN_DESCRIPTION, BotCommandLimit.MAX_DESCRIPTION, len),
    ("setMyDescription", "description"): (0, BotDescriptionLimit.MAX_DESCRIPTION_LENGTH, len),
    ("setMyShortDescription", "short_description"): (
        0, BotDescriptionLimit.MAX_SHORT_DESCRIPTION_LENGTH, len,
    ),
    ("getUpdates", "limit"): (PollingLimit.MIN_LIMIT, PollingLimit.MAX_LIMIT, int),
}  # fmt: skip


def violations(method: str, params: Mapping[str, str]) -> tuple[list[str], TelegramMethod[Any] | None]:
    """What is wrong with a call, and the call read as aiogram's model where it can be."""
    model = METHODS.get(method)
    if model is None:
        return [f"{method}: no such method"], None
    wrong = [f"{method}: unknown parameter {name!r}" for name in params.keys() - model.model_fields.keys()]
    read = {
        name: _read(params[name], model.model_fields[name].annotation)
        for name in params.keys() & model.model_fields.keys()
    }
    try:
        call = model.model_validate(read)
    except pydantic.ValidationError as error:
        return wrong + [f"{method}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()], None
    return wrong + list(_deep(call, method)), call


def _read(raw: str, annotation: Any) -> Any:
    """A form field as its type: everything but text travels as JSON."""
    kinds = set(_flat(annotation))
    if str in kinds and not kinds & {int, bool, list} and not any(_is_model(kind) for kind in kinds):
        return raw
    try:
        return json.loads(raw)
    except ValueError:
        return raw


def _flat(annotation: Any) -> Iterator[Any]:
    if get_origin(annotation) in (Union, types.UnionType):
        for part in get_args(annotation):
            yield from _flat(part)
    else:
        yield get_origin(annotation) or annotation


def _is_model(kind: Any) -> bool:
    # aiogram's sentinel for "the bot's default" is no model of a parameter.
    return inspect.isclass(kind) and issubclass(kind, BaseModel)


def _deep(value: Any, name: str) -> Iterator[str]:
    """Unknown keys and broken limits in a model and everything below it."""
    if isinstance(value, BaseModel):
        yield from (f"{name}: unknown key {extra!r}" for extra in value.model_extra or ())
        for key in value.model_fields_set - set(value.model_extra or ()):
            part = getattr(value, key)
            yield from _limit(name, key, part)
            yield from _deep(part, type(part).__name__)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _deep(part, type(part).__name__)


def _limit(owner: str, key: str, value: Any) -> Iterator[str]:
    rule = LIMITS.get((owner, key))
    if rule and value is not None and not rule[0] <= rule[2](value) <= rule[1]:
        yield f"{owner}.{key}: {rule[2](value)} is not in {rule[0]}..{rule[1]}"
