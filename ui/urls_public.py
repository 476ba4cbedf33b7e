from django.conf import settings
from django.urls import URLPattern, path

from ui.views import landing, mail

app_name = "platform"
urlpatterns: list[URLPattern] = [
    path("", landing.landing, name="landing"),
]
if settings.DEVELOPMENT:
    urlpatterns.append(path("mail/", mail.mail, name="mail"))
