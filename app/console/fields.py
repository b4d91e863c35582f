"""Fields of our forms: what must be there, whole numbers, days, moments, several of a list; refused in Chinese."""

from datetime import UTC, datetime
from typing import ClassVar

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, Field, IntegerField, SelectMultipleField
from wtforms.fields import DateTimeLocalField
from wtforms.validators import StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from app import clock


class Needed:
    """The field must be filled in; the sentence says what is missing."""

    field_flags: ClassVar[dict[str, bool]] = {"required": True}

    def __init__(self, words: object) -> None:
        self.words = words

    def __call__(self, _form: FlaskForm, field: Field) -> None:
        """Stop at once: nothing else can be said of an empty field."""
        if field.errors:
            raise StopValidation
        if field.data in (None, "", []):
            raise StopValidation(str(self.words))


class WholeNumber(IntegerField):
    """A whole number, refused in Chinese."""

    def process_formdata(self, valuelist: list[str]) -> None:
        text = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if text:
            if not (text.isascii() and text.isdigit() and len(text) < 7):  # noqa: PLR2004 - a million is too many
                raise ValueError(_("请填写整数。"))
            self.data = int(text)


class Day(DateField):
    """A day, refused in Chinese."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        if valuelist and valuelist[0]:
            try:
                super().process_formdata(valuelist)
            except ValueError as wrong:
                raise ValueError(_("日期应写成 2026-09-07 这样。")) from wrong


class MomentField(DateTimeLocalField):
    """A moment on the wall clock of Shanghai, kept in UTC."""

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = None
        if valuelist and valuelist[0]:
            try:
                typed = datetime.fromisoformat(valuelist[0][:16])
                self.data = typed.replace(tzinfo=clock.SHANGHAI).astimezone(UTC)
            except (ValueError, OverflowError) as wrong:  # the year 1 in Shanghai is before time in UTC
                raise ValueError(_("时间应写成 2026-09-07 17:00 这样。")) from wrong

    def _value(self) -> str:
        if self.raw_data:
            return self.raw_data[0]
        return clock.local(self.data).strftime("%Y-%m-%dT%H:%M") if self.data else ""


class ManyField(SelectMultipleField):
    """Several of a list, as check boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()
