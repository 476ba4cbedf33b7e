"""The pages of an organization as a link shows them: the first tells what is shared."""

from django.urls import path

from ui import urls
from ui.views import shared

app_name = "ui"
urlpatterns = [
    path("", shared.shared, name="home"),
    *(pattern for pattern in urls.urlpatterns if pattern.name != "home"),
]
