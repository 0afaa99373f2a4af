"""What a member says of mail and of following."""

from django import forms
from django.utils.translation import gettext_lazy as _

from members.models import MailRhythm


class MailForm(forms.Form):
    """How often mail comes, and what is followed without being asked."""

    mail_rhythm = forms.ChoiceField(
        label=_("Mail about what you follow comes"),
        choices=MailRhythm.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "Your inbox here holds everything either way. Each mail has a link that ends it without signing in."
        ),
    )
    follows_started = forms.BooleanField(label=_("Follow the discussions that I start"), required=False)
    follows_replied = forms.BooleanField(label=_("Follow the discussions that I reply in"), required=False)
