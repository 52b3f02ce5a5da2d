"""What goes out to Telegram."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from telegram import InputFile, LinkPreviewOptions, Message
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, TelegramError

from channels.errors import FileGone, Refused
from channels.telegram import outcome
from channels.telegram.buttons import keyboard
from channels.telegram.client import Client
from channels.telegram.places import Place
from channels.telegram.render import to_html, to_plain
from channels.telegram.request import FileNotThere
from channels.telegram.settings import LARGEST_PHOTO
from messaging.messages import Outgoing, OutgoingFile, Sent

_PHOTOS = frozenset({"image/jpeg", "image/png", "image/webp"})
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

T = TypeVar("T")


class Sender:
    """Sends, edits, fetches; raises the errors of channels.errors alone."""

    def __init__(self, bot: Client) -> None:
        self._bot = bot

    async def send(self, outgoing: Outgoing) -> Sent:
        """Send, edit or delete one message."""
        try:
            place = Place.parse(outgoing.chat)
            if outgoing.edits is not None and outgoing.deletes:
                await self._delete(place, int(outgoing.edits))
                return Sent(outgoing.edits)
            if outgoing.edits is not None:
                await self._edit(place, outgoing, int(outgoing.edits))
                return Sent(outgoing.edits)
            if outgoing.file is None:
                return Sent(str(await self._send_text(place, outgoing)))
            message = await self._send_file(place, outgoing, outgoing.file)
            return Sent(str(message.message_id))
        except TelegramError as error:
            raise outcome.explain(error, repeatable=outgoing.edits is not None) from error
        except ValueError as error:
            raise Refused(str(error)) from error

    async def typing(self, chat: str) -> None:
        """Show that an answer is being written."""
        place = Place.parse(chat)
        try:
            await self._bot.send_chat_action(place.chat_id, ChatAction.TYPING, message_thread_id=place.topic)
        except TelegramError as error:
            raise outcome.explain(error, repeatable=True) from error

    async def fetch(self, remote: str, limit: int) -> bytes:
        """The bytes of a file by its file id."""
        try:
            file = await self._bot.get_file(remote)
            if file.file_size is not None and file.file_size > limit:
                raise FileGone(f"the file has {file.file_size} bytes, more than {limit}")
            content = bytes(await file.download_as_bytearray())
        except (BadRequest, FileNotThere) as error:
            raise FileGone(str(error)) from error
        except TelegramError as error:
            raise outcome.explain(error, repeatable=True) from error
        if len(content) > limit:
            raise FileGone(f"the file has {len(content)} bytes, more than {limit}")
        return content

    async def _send_text(self, place: Place, outgoing: Outgoing) -> int:
        fields = {
            "chat_id": place.chat_id,
            "message_thread_id": place.topic,
            "reply_markup": keyboard(outgoing.buttons),
            "link_preview_options": _NO_PREVIEW,
        }

        async def call(text: str, parse_mode: str | None) -> int:
            return await self._bot.post_message(fields | {"text": text, "parse_mode": parse_mode})

        return await _formatted(call, outgoing.text)

    async def _send_file(self, place: Place, outgoing: Outgoing, file: OutgoingFile) -> Message:
        if file.content_type in _PHOTOS and len(file.content) <= LARGEST_PHOTO:
            try:
                return await self._upload(place, outgoing, file, as_photo=True)
            except BadRequest as error:
                if not outcome.is_not_a_photo(error):
                    raise
        return await self._upload(place, outgoing, file, as_photo=False)

    async def _upload(self, place: Place, outgoing: Outgoing, file: OutgoingFile, *, as_photo: bool) -> Message:
        async def call(caption: str, parse_mode: str | None) -> Message:
            upload = InputFile(file.content, filename=file.name)
            markup = keyboard(outgoing.buttons)
            if as_photo:
                return await self._bot.send_photo(
                    place.chat_id,
                    upload,
                    caption=caption or None,
                    parse_mode=parse_mode,
                    message_thread_id=place.topic,
                    reply_markup=markup,
                )
            return await self._bot.send_document(
                place.chat_id,
                upload,
                caption=caption or None,
                parse_mode=parse_mode,
                message_thread_id=place.topic,
                reply_markup=markup,
                disable_content_type_detection=True,
            )

        return await _formatted(call, outgoing.text)

    async def _edit(self, place: Place, outgoing: Outgoing, message_id: int) -> None:
        markup = keyboard(outgoing.buttons)

        async def edit_text(text: str, parse_mode: str | None) -> Message | bool:
            return await self._bot.edit_message_text(
                text,
                place.chat_id,
                message_id,
                parse_mode=parse_mode,
                reply_markup=markup,
                link_preview_options=_NO_PREVIEW,
            )

        async def edit_caption(text: str, parse_mode: str | None) -> Message | bool:
            return await self._bot.edit_message_caption(
                place.chat_id, message_id, caption=text, parse_mode=parse_mode, reply_markup=markup
            )

        try:
            try:
                await _formatted(edit_text, outgoing.text)
            except BadRequest as error:
                if not outcome.has_no_text(error):
                    raise
                await _formatted(edit_caption, outgoing.text)
        except BadRequest as error:
            if not outcome.is_not_modified(error):
                raise

    async def _delete(self, place: Place, message_id: int) -> None:
        try:
            await self._bot.delete_message(place.chat_id, message_id)
        except BadRequest as error:
            if not outcome.is_deleted(error):
                raise


async def _formatted(call: Callable[[str, str | None], Awaitable[T]], markdown: str) -> T:
    """Say it with formatting, or without where Telegram cannot make sense of ours."""
    if not markdown:
        return await call("", None)
    try:
        return await call(to_html(markdown), ParseMode.HTML)
    except BadRequest as error:
        if not outcome.is_not_parsed(error):
            raise
        return await call(to_plain(markdown), None)
