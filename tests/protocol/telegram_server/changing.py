"""The methods that change what is in a chat: edits, deletions, reactions, topics, buttons, commands."""

from __future__ import annotations

from typing import Any

from tests.protocol.telegram_server import entities
from tests.protocol.telegram_server.call import Call
from tests.protocol.telegram_server.errors import bad_request
from tests.protocol.telegram_server.sending import (
    MAX_CAPTION,
    MAX_TEXT,
    Method,
    caption_content,
    file_content,
    markup_content,
)
from tests.protocol.telegram_server.state import BotAccount, Chat, Json, Topic, World

DOWNLOAD_LIMIT = 20 << 20
# https://core.telegram.org/bots/api#deletemessage: messages of less than 48 hours.
DELETABLE_FOR = 48 * 3600
_ADMIN_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
    "can_manage_topics",
)
_NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)


def edit_text(world: World, bot: BotAccount, call: Call) -> Json:
    text, marks = entities.parse(call.text("text") or "", call.text("parse_mode"))
    if not text.strip():
        raise bad_request("message text is empty")
    if entities.length(text) > MAX_TEXT:
        raise bad_request("message is too long")
    return _edit(world, bot, call, "text", {"text": text.strip(), "entities": marks})


def edit_caption(world: World, bot: BotAccount, call: Call) -> Json:
    new: Json = {"caption": "", "caption_entities": []} | caption_content(call.values)
    assert entities.length(new["caption"]) <= MAX_CAPTION
    return _edit(world, bot, call, None, new)


def edit_markup(world: World, bot: BotAccount, call: Call) -> Json:
    return _edit(world, bot, call, None, {})


def edit_media(world: World, bot: BotAccount, call: Call) -> Json:
    item = call.structure("media")
    new = file_content(world, item["type"], item["media"], call) | caption_content(item)
    return _edit(world, bot, call, None, new)


def _edit(world: World, bot: BotAccount, call: Call, needed: str | None, new: Json) -> Json:
    chat = world.writable(call.integer("chat_id"), bot)
    message = chat.messages.get(call.integer("message_id") or 0)
    if message is None:
        raise bad_request("message to edit not found")
    if message["from"]["id"] != bot.card["id"]:
        raise bad_request("message can't be edited")
    if needed is not None and needed not in message:
        raise bad_request("there is no text in the message to edit")
    changed = {k: v for k, v in message.items() if k not in ("reply_markup", "edit_date")} | new
    changed = {k: v for k, v in changed.items() if v not in ([], "")} | markup_content(call)
    if changed == {k: v for k, v in message.items() if k != "edit_date"}:
        raise bad_request(_NOT_MODIFIED)
    world.limits.enforce(chat.id)
    message.clear()
    message.update(changed, edit_date=world.now())
    world.changed()
    return message


def delete_message(world: World, bot: BotAccount, call: Call) -> bool:
    chat = world.writable(call.integer("chat_id"), bot)
    message = chat.messages.get(call.integer("message_id") or 0)
    if message is None:
        raise bad_request("message to delete not found")
    if world.now() - message["date"] > DELETABLE_FOR:
        raise bad_request("message can't be deleted for everyone")
    del chat.messages[message["message_id"]]
    world.changed()
    return True


def set_reaction(world: World, bot: BotAccount, call: Call) -> bool:
    chat = world.writable(call.integer("chat_id"), bot)
    message = chat.messages.get(call.integer("message_id") or 0)
    if message is None:
        raise bad_request("message to react not found")
    message["fake_reactions"] = call.structure("reaction") or []
    world.changed()
    return True


def chat_action(world: World, bot: BotAccount, call: Call) -> bool:
    chat = world.writable(call.integer("chat_id"), bot)
    thread = call.integer("message_thread_id")
    if thread and thread not in chat.topics:
        raise bad_request("message thread not found")
    return True


def answer_callback(world: World, bot: BotAccount, call: Call) -> bool:
    callback = world.callbacks.get(call.text("callback_query_id") or "")
    if callback is None or callback.too_old:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    callback.answered = True
    callback.text = call.text("text")
    callback.show_alert = call.flag("show_alert")
    world.changed()
    return True


def get_file(world: World, bot: BotAccount, call: Call) -> Json:
    file_id = call.text("file_id") or ""
    stored = world.file(file_id.removesuffix("-small"))
    if stored.size > DOWNLOAD_LIMIT:
        raise bad_request("file is too big")
    unique = f"u-{file_id}"
    return {"file_id": file_id, "file_unique_id": unique, "file_size": stored.size, "file_path": stored.path}


def get_chat(world: World, bot: BotAccount, call: Call) -> Json:
    chat = world.chat(call.integer("chat_id"))
    gifts = dict.fromkeys(("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription"), True)
    gifts["gifts_from_channels"] = True
    return chat.card | {"accent_color_id": 0, "max_reaction_count": 11, "accepted_gift_types": gifts}


def get_chat_member(world: World, bot: BotAccount, call: Call) -> Json:
    chat = world.chat(call.integer("chat_id"))
    user_id = call.integer("user_id") or 0
    card = world.users.get(user_id) or (bot.card if user_id == bot.card["id"] else None)
    if card is None:
        raise bad_request("user not found")
    return _member(chat, card)


def get_administrators(world: World, bot: BotAccount, call: Call) -> list[Json]:
    chat = world.chat(call.integer("chat_id"))
    if chat.is_private:
        raise bad_request("there are no administrators in the private chat")
    cards = {**world.users, bot.card["id"]: bot.card}
    admins = [user_id for user_id, status in chat.members.items() if status in ("administrator", "creator")]
    return [_member(chat, cards[user_id]) for user_id in admins]


def _member(chat: Chat, card: Json) -> Json:
    user = {k: card[k] for k in ("id", "is_bot", "first_name", "username") if k in card}
    status = chat.members.get(card["id"], "left")
    member: Json = {"status": status, "user": user}
    if status == "administrator":
        member |= dict.fromkeys(_ADMIN_RIGHTS, False) | {"can_manage_chat": True}
        member |= chat.rights.get(card["id"], {})
    elif status == "creator":
        member["is_anonymous"] = False
    elif status == "kicked":
        member["until_date"] = 0
    return member


def create_topic(world: World, bot: BotAccount, call: Call) -> Json:
    chat = _forum(world, bot, call)
    name = call.text("name") or ""
    if not 1 <= entities.length(name) <= 128:
        raise bad_request("TOPIC_TITLE_INVALID" if name else "TOPIC_TITLE_EMPTY")
    service = world.put(chat, bot.card, {"forum_topic_created": {"name": name, "icon_color": 7322096}})
    thread_id = int(service["message_id"])
    service |= {"message_thread_id": thread_id, "is_topic_message": True}
    chat.topics[thread_id] = Topic(name)
    world.changed()
    return {"message_thread_id": thread_id, "name": name, "icon_color": 7322096}


def edit_topic(world: World, bot: BotAccount, call: Call) -> bool:
    topic = _topic(_forum(world, bot, call), call)
    name = call.text("name")
    if name is None or name == topic.name:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.name = name
    world.changed()
    return True


def open_topic(world: World, bot: BotAccount, call: Call) -> bool:
    """closeForumTopic and reopenForumTopic."""
    topic = _topic(_forum(world, bot, call), call)
    wanted = call.method == "reopenForumTopic"
    if topic.open == wanted:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.open = wanted
    world.changed()
    return True


def delete_topic(world: World, bot: BotAccount, call: Call) -> bool:
    chat = _forum(world, bot, call)
    _topic(chat, call)
    drop_topic(chat, call.integer("message_thread_id") or 0)
    world.changed()
    return True


def drop_topic(chat: Chat, thread_id: int) -> None:
    """The topic is gone with all that was said in it."""
    del chat.topics[thread_id]
    for message_id in [i for i, m in chat.messages.items() if m.get("message_thread_id") == thread_id]:
        del chat.messages[message_id]


def _forum(world: World, bot: BotAccount, call: Call) -> Chat:
    chat = world.writable(call.integer("chat_id"), bot)
    if not chat.card.get("is_forum"):
        raise bad_request("the chat is not a forum")
    if not chat.rights.get(bot.card["id"], {}).get("can_manage_topics"):
        raise bad_request("not enough rights to manage topics")
    return chat


def _topic(chat: Chat, call: Call) -> Topic:
    topic = chat.topics.get(call.integer("message_thread_id") or 0)
    if topic is None:
        raise bad_request("message thread not found")
    return topic


def pin(world: World, bot: BotAccount, call: Call) -> bool:
    chat = world.writable(call.integer("chat_id"), bot)
    message_id = call.integer("message_id") or 0
    if message_id not in chat.messages:
        raise bad_request("message to pin not found")
    if not chat.is_private and not chat.rights.get(bot.card["id"], {}).get("can_pin_messages"):
        raise bad_request("not enough rights to manage pinned messages in the chat")
    chat.pinned.append(message_id)
    return True


def leave_chat(world: World, bot: BotAccount, call: Call) -> bool:
    world.chat(call.integer("chat_id")).members[bot.card["id"]] = "left"
    return True


def set_commands(world: World, bot: BotAccount, call: Call) -> bool:
    commands = call.structure("commands")
    for command in commands:
        name = command["command"]
        if not (1 <= len(name) <= 32 and name.replace("_", "").isalnum() and name == name.lower()):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= entities.length(command["description"]) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    bot.commands[_commands_key(call)] = commands
    world.changed()
    return True


def get_commands(world: World, bot: BotAccount, call: Call) -> list[Json]:
    return bot.commands.get(_commands_key(call), [])


def delete_commands(world: World, bot: BotAccount, call: Call) -> bool:
    bot.commands.pop(_commands_key(call), None)
    return True


def _commands_key(call: Call) -> tuple[str, str]:
    scope = (call.structure("scope") or {"type": "default"})["type"]
    return scope, call.text("language_code") or ""


def get_me(world: World, bot: BotAccount, call: Call) -> Json:
    return bot.card


def agree(world: World, bot: BotAccount, call: Call) -> Any:
    """Methods without any effect that the fake would show."""
    return True


METHODS: dict[str, Method] = {
    "getMe": get_me,
    "editMessageText": edit_text,
    "editMessageCaption": edit_caption,
    "editMessageReplyMarkup": edit_markup,
    "editMessageMedia": edit_media,
    "deleteMessage": delete_message,
    "setMessageReaction": set_reaction,
    "sendChatAction": chat_action,
    "answerCallbackQuery": answer_callback,
    "getFile": get_file,
    "getChat": get_chat,
    "getChatMember": get_chat_member,
    "getChatAdministrators": get_administrators,
    "createForumTopic": create_topic,
    "editForumTopic": edit_topic,
    "closeForumTopic": open_topic,
    "reopenForumTopic": open_topic,
    "deleteForumTopic": delete_topic,
    "pinChatMessage": pin,
    "leaveChat": leave_chat,
    "setMyCommands": set_commands,
    "getMyCommands": get_commands,
    "deleteMyCommands": delete_commands,
    "setMyDescription": agree,
    "setMyShortDescription": agree,
    "setChatMenuButton": agree,
}
