"""The methods that put messages into chats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import filetype

from tests.protocol.telegram_server import entities
from tests.protocol.telegram_server.call import Call
from tests.protocol.telegram_server.errors import ApiError, bad_request
from tests.protocol.telegram_server.state import BotAccount, Chat, Json, World

MAX_TEXT = 4096
MAX_CAPTION = 1024
MAX_PHOTO = 10_000_000
_LEFT_BEHIND = frozenset(
    [
        "message_id",
        "from",
        "chat",
        "date",
        "edit_date",
        "reply_markup",
        "reply_to_message",
        "message_thread_id",
        "is_topic_message",
    ]
)
_SINGLE_KINDS = {
    "sendPhoto": "photo",
    "sendDocument": "document",
    "sendVoice": "voice",
    "sendAudio": "audio",
    "sendVideo": "video",
    "sendAnimation": "animation",
    "sendSticker": "sticker",
    "sendVideoNote": "video_note",
}


Method = Callable[[World, BotAccount, Call], Any]


def send_message(world: World, bot: BotAccount, call: Call) -> Json:
    chat = world.writable(call.integer("chat_id"), bot)
    text = call.values.get("text") or ""
    mode = call.values.get("parse_mode")
    marks: list[Json] = []
    if mode or not isinstance(text, str) or "/" in text or "@" in text:
        text, marks = entities.parse(str(text), mode)
    text = text.strip()
    if not text:
        raise bad_request("message text is empty")
    if entities.length(text) > MAX_TEXT:
        raise bad_request("message is too long")
    content: Json = {"text": text}
    if marks:
        content["entities"] = marks
    return publish(world, bot, chat, content, call)


def send_file(world: World, bot: BotAccount, call: Call) -> Json:
    """sendPhoto, sendDocument and their kin."""
    chat = world.writable(call.integer("chat_id"), bot)
    kind = _SINGLE_KINDS[call.method]
    content = file_content(world, kind, call.values.get(kind) or f"attach://{kind}", call)
    content.update(caption_content(call.values))
    return publish(world, bot, chat, content, call)


def send_media_group(world: World, bot: BotAccount, call: Call) -> list[Json]:
    chat = world.writable(call.integer("chat_id"), bot)
    media = call.structure("media") or []
    if not 2 <= len(media) <= 10:
        raise bad_request("group send failed: wrong number of media")
    group = str(next(world.numbers))
    contents = [
        file_content(world, item["type"], item["media"], call) | caption_content(item) | {"media_group_id": group}
        for item in media
    ]
    return [publish(world, bot, chat, content, call) for content in contents]


def send_other(world: World, bot: BotAccount, call: Call) -> Json:
    """sendDice, sendLocation, sendContact: what a support bot seldom needs, enough to be seen."""
    chat = world.writable(call.integer("chat_id"), bot)
    kind = call.method.removeprefix("send").lower()
    content: Json = {"dice": {"emoji": "🎲", "value": 4}} if kind == "dice" else {kind: dict(call.values)}
    return publish(world, bot, chat, content, call)


def forward_message(world: World, bot: BotAccount, call: Call) -> Json:
    chat = world.writable(call.integer("chat_id"), bot)
    source = _existing(world.chat(call.integer("from_chat_id")), call.integer("message_id"), "forward")
    origin = source.get("forward_origin") or {
        "type": "user",
        "sender_user": source["from"],
        "date": source["date"],
    }
    return publish(world, bot, chat, carried(source) | {"forward_origin": origin}, call)


def copy_message(world: World, bot: BotAccount, call: Call) -> Json:
    chat = world.writable(call.integer("chat_id"), bot)
    source = _existing(world.chat(call.integer("from_chat_id")), call.integer("message_id"), "copy")
    return {"message_id": publish(world, bot, chat, carried(source), call)["message_id"]}


def carried(source: Json) -> Json:
    """What a forward or a copy takes along."""
    return {name: value for name, value in source.items() if name not in _LEFT_BEHIND}


def publish(world: World, bot: BotAccount, chat: Chat, content: Json, call: Call) -> Json:
    """Check what all kinds of message have in common, count it against the limits, and put it into the chat."""
    values = call.values
    if "message_thread_id" in values:
        content |= thread_content(chat, call.integer("message_thread_id"))
    if "reply_parameters" in values:
        content |= _reply_content(chat, call.structure("reply_parameters"))
    if "reply_markup" in values:
        content |= markup_content(call)
    world.limits.enforce(chat.id)
    message = world.put(chat, bot.card, content)
    if world.on_sent is not None:
        world.on_sent(chat, message)
    world.changed()
    return message


def thread_content(chat: Chat, thread_id: int | None) -> Json:
    """The fields of a message in a topic, if the topic takes messages (General is thread 1 and has no field)."""
    if not thread_id or (thread_id == 1 and chat.card.get("is_forum")):
        return {}
    topic = chat.topics.get(thread_id)
    if topic is None:
        raise bad_request("message thread not found")
    if not topic.open:
        raise bad_request("TOPIC_CLOSED")
    return {"message_thread_id": thread_id, "is_topic_message": True}


def _reply_content(chat: Chat, parameters: Json) -> Json:
    original = chat.messages.get(parameters["message_id"])
    if original is not None:
        return {"reply_to_message": {k: v for k, v in original.items() if k != "reply_to_message"}}
    if parameters.get("allow_sending_without_reply"):
        return {}
    raise bad_request("message to be replied not found")


def markup_content(call: Call) -> Json:
    """The keyboard under a message; only inline keyboards show in the message itself."""
    markup = call.structure("reply_markup")
    if not markup or "inline_keyboard" not in markup:
        return {}
    for button in (button for row in markup["inline_keyboard"] for button in row):
        data = button.get("callback_data")
        if data is not None and not 1 <= len(data.encode()) <= 64:
            raise bad_request("BUTTON_DATA_INVALID")
        if not button.get("text"):
            raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
        if data is None and not str(button.get("url", "")).startswith(("http://", "https://", "tg://")):
            raise bad_request(f"inline keyboard button URL '{button.get('url')}' is invalid: Wrong HTTP URL")
    return {"reply_markup": markup} if any(markup["inline_keyboard"]) else {}


def caption_content(values: Json) -> Json:
    """A caption and its entities."""
    if not values.get("caption"):
        return {}
    caption, marks = entities.parse(str(values["caption"]), values.get("parse_mode"))
    if entities.length(caption) > MAX_CAPTION:
        raise bad_request("message caption is too long")
    return {"caption": caption} | ({"caption_entities": marks} if marks else {})


def file_content(world: World, kind: str, media: str, call: Call) -> Json:
    """The field of a message that shows a file: one that is known by its id, or one that came with the call."""
    if not media.startswith("attach://"):
        stored = world.file(media)
        return describe_file(kind, stored.file_id, stored.size, stored.path.rsplit("/", 1)[1], None)
    upload = call.uploads.get(media.removeprefix("attach://"))
    if upload is None:
        raise bad_request(f"there is no {kind} in the request")
    if not upload.content:
        raise bad_request("file must be non-empty")
    if kind == "photo":
        if len(upload.content) > MAX_PHOTO:
            raise ApiError(413, "Request Entity Too Large")
        if filetype.image_match(upload.content) is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
    stored = world.store(upload.content, len(upload.content), f"{kind}s", upload.name)
    return describe_file(kind, stored.file_id, stored.size, upload.name, upload.mime_type)


def describe_file(kind: str, file_id: str, size: int, name: str, mime_type: str | None) -> Json:
    """A file as its message shows it."""
    card: Json = {"file_id": file_id, "file_unique_id": f"u-{file_id}", "file_size": size}
    extras: dict[str, Json] = {
        "photo": {"width": 1280, "height": 720},
        "document": {"file_name": name, "mime_type": mime_type or "application/octet-stream"},
        "voice": {"duration": 3, "mime_type": mime_type or "audio/ogg"},
        "audio": {"duration": 3, "file_name": name, "mime_type": mime_type or "audio/mpeg"},
        "video": {"width": 640, "height": 360, "duration": 3, "file_name": name, "mime_type": "video/mp4"},
        "animation": {"width": 320, "height": 240, "duration": 2, "file_name": name, "mime_type": "video/mp4"},
        "sticker": {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False},
        "video_note": {"length": 240, "duration": 3},
    }
    card |= extras[kind]
    if kind != "photo":
        return {kind: card}
    small: Json = card | {
        "file_id": f"{file_id}-small",
        "file_unique_id": f"u-{file_id}-small",
        "width": 90,
        "height": 51,
    }
    return {"photo": [small | {"file_size": min(size, 1200)}, card]}


def _existing(chat: Chat, message_id: int | None, purpose: str) -> Json:
    message = chat.messages.get(message_id or 0)
    if message is None:
        raise bad_request(f"message to {purpose} not found")
    return message


_GIVEN: dict[str, Method] = {
    "sendMessage": send_message,
    "sendMediaGroup": send_media_group,
    "sendDice": send_other,
    "sendLocation": send_other,
    "sendContact": send_other,
    "forwardMessage": forward_message,
    "copyMessage": copy_message,
}
METHODS: dict[str, Method] = _GIVEN | dict.fromkeys(_SINGLE_KINDS, send_file)
